import t from "tap";
import { seconds } from "../../../../src/kernel/units.ts";
import { FakeJoined, house, part, playing, segment, service, settle, type House } from "../../fakes.ts";

const sinkOf = (h: House) => {
  const sink = h.packagers[0]?.sink;
  if (sink === undefined) throw new Error("no packager");
  return sink;
};

/** A segment of one part. */
function firstSegment(h: House): void {
  const one = part("v0", 1, 0, { independent: true });
  sinkOf(h).part(one);
  one.data.retain();
  sinkOf(h).segment(segment("v0", 1, { data: new FakeJoined([one.data]) }));
}

/** Whether a promise is settled yet. */
async function settled(promise: Promise<unknown>): Promise<boolean> {
  await settle();
  return Promise.race([promise.then(() => true), settle().then(() => false)]);
}

t.test(
  "low latency: the first playlist is there as soon as one segment is, or one part for who names it",
  async (t) => {
    const h = await house(t, [service(1)]);
    const { playlist } = await playing(h);
    const first = h.app.inject(playlist);
    const named = h.app.inject(`${playlist}?_HLS_msn=1&_HLS_part=0`);
    t.notOk(await settled(named), "held while there is nothing");
    const one = part("v0", 1, 0, { independent: true });
    sinkOf(h).part(one);
    t.match((await named).body, 'URI="p0.m4s",INDEPENDENT=YES\n#EXT-X-PRELOAD-HINT:TYPE=PART,URI="p1.m4s"');
    t.notOk(await settled(first), "to some players a playlist of parts alone is empty");
    one.data.retain();
    sinkOf(h).segment(segment("v0", 1, { data: new FakeJoined([one.data]) }));
    const answer = await first;
    t.equal(answer.statusCode, 200);
    t.match(answer.body, 'URI="p0.m4s",INDEPENDENT=YES\n#EXTINF:');
  },
);

t.test("low latency: L-06 a reload is held until what it names is there, and no longer", async (t) => {
  const h = await house(t, [service(1)]);
  const { playlist } = await playing(h);
  const sink = sinkOf(h);
  const one = part("v0", 1, 0);
  sink.part(one);
  const next = h.app.inject(`${playlist}?_HLS_msn=1&_HLS_part=1`);
  const whole = h.app.inject(`${playlist}?_HLS_msn=1`);
  t.notOk(await settled(next));
  const two = part("v0", 1, 1);
  sink.part(two);
  t.match((await next).body, 'URI="p1.m4s"');
  t.notOk(await settled(whole), "the segment is not whole");
  one.data.retain();
  two.data.retain();
  const beyond = h.app.inject(`${playlist}?_HLS_msn=1&_HLS_part=2`);
  sink.segment(segment("v0", 1, { data: new FakeJoined([one.data, two.data]) }));
  t.match((await whole).body, "\n1.m4s\n");
  t.notOk(await settled(beyond), "beyond the last part: the next segment's first");
  sink.part(part("v0", 2, 2));
  t.match((await beyond).body, 'URI="p2.m4s"');
  t.equal((await h.app.inject(`${playlist}?_HLS_msn=1&_HLS_part=0`)).statusCode, 200, "stale: at once");
});

t.test("low latency: L-06 what cannot be meant is refused, and a hold has an end", async (t) => {
  const h = await house(t, [service(1)]);
  const { playlist } = await playing(h);
  const one = part("v0", 1, 0);
  sinkOf(h).part(one);
  for (const query of [
    "_HLS_part=1",
    "_HLS_msn=3",
    "_HLS_msn=x",
    "_HLS_msn=1&_HLS_part=-1",
    "_HLS_msn=1&_HLS_msn=1",
  ])
    t.match((await h.app.inject(`${playlist}?${query}`)).json(), {
      status: 400,
      code: "playlist-request-invalid",
    });
  one.data.retain();
  sinkOf(h).segment(segment("v0", 1, { data: new FakeJoined([one.data]) }));
  t.equal((await h.app.inject(`${playlist}?other=1`)).statusCode, 200);
  const held = h.app.inject(`${playlist}?_HLS_msn=2`);
  await settle();
  h.clock.advance(3 * 4000 - 1);
  t.notOk(await settled(held), "three target durations");
  h.clock.advance(1);
  t.match((await held).json(), { status: 503, code: "playlist-not-updated" });
});

t.test(
  "low latency: L-07 the hinted part is answered when it is there, also when a segment ends before it",
  async (t) => {
    const h = await house(t, [service(1)]);
    const { base } = await playing(h);
    const sink = sinkOf(h);
    const one = part("v0", 1, 0);
    sink.part(one);
    const hinted = h.app.inject(`${base}p1.m4s`);
    t.notOk(await settled(hinted));
    one.data.retain();
    sink.segment(segment("v0", 1, { data: new FakeJoined([one.data]) }));
    t.notOk(await settled(hinted));
    const two = part("v0", 2, 1, { independent: true });
    sink.part(two);
    const answer = await hinted;
    t.equal(answer.rawPayload.toString(), Buffer.concat(two.data.buffers).toString());
    t.match(answer.headers, { "content-type": "video/mp4", "cache-control": /immutable/ });
    t.equal((await h.app.inject(`${base}p3.m4s`)).statusCode, 404, "none but the next is waited for");
    t.equal(
      (await h.app.inject(`${base}1.m4s`)).rawPayload.toString(),
      Buffer.concat(one.data.buffers).toString(),
    );
  },
);

t.test("low latency: who waits is told when the stream ends", async (t) => {
  const h = await house(t, [service(1)]);
  const { playlist, base } = await playing(h);
  sinkOf(h).part(part("v0", 1, 0));
  const held = [h.app.inject(`${playlist}?_HLS_msn=1`), h.app.inject(`${base}p1.m4s`)];
  await settle();
  h.sources[0]?.sink?.ended("no-data", "The tuner gives nothing.");
  for (const answer of held) t.match((await answer).json(), { code: "no-data" });
});

t.test("low latency: the end is told too where a last part comes with it", async (t) => {
  const h = await house(t, [service(1)]);
  const { playlist, base } = await playing(h);
  sinkOf(h).part(part("v0", 1, 0));
  const held = [h.app.inject(`${playlist}?_HLS_msn=1&_HLS_part=1`), h.app.inject(`${base}p1.m4s`)];
  await settle();
  // In one turn, as a packager lets go of what it holds.
  sinkOf(h).part(part("v0", 1, 1));
  h.sources[0]?.sink?.ended("no-data", "The tuner gives nothing.");
  for (const answer of held) t.match((await answer).json(), { code: "no-data" });
});

t.test("low latency: time watched counts once, in parts and in segments", async (t) => {
  const h = await house(t, [service(1)]);
  const { base } = await playing(h);
  const sink = sinkOf(h);
  const one = part("v0", 1, 0, { duration: seconds(0.32) });
  const two = part("v0", 1, 1, { duration: seconds(0.32), offset: seconds(0.32) });
  sink.part(one);
  sink.part(two);
  one.data.retain();
  two.data.retain();
  sink.segment(segment("v0", 1, { duration: seconds(0.64), data: new FakeJoined([one.data, two.data]) }));
  for (const name of ["p0.m4s", "p1.m4s", "1.m4s", "p0.m4s"]) await h.app.inject(base + name);
  const [usage] = h.share.playbacks().playbacks;
  t.ok(Math.abs((usage?.seconds ?? 0) - 0.64) < 0.001, `${usage?.seconds}`);
});

t.test(
  "low latency: D-03 any page may play what it was given, and asks first without a credential",
  async (t) => {
    const h = await house(t, [service(1)]);
    const { playlist } = await playing(h);
    firstSegment(h);
    t.match((await h.app.inject(playlist)).headers, { "access-control-allow-origin": "*" });
    const asked = await h.app.inject({ method: "OPTIONS", url: playlist });
    t.equal(asked.statusCode, 204);
    t.match(asked.headers, { "access-control-allow-origin": "*", "access-control-max-age": "86400" });
  },
);

t.test("low latency: who does not want it gets whole segments, and waits for the first", async (t) => {
  const h = await house(t, [service(1)]);
  const { playlist } = await playing(h, { lowLatency: false });
  const first = h.app.inject(playlist);
  const one = part("v0", 1, 0);
  sinkOf(h).part(one);
  t.notOk(await settled(first), "a part is not enough");
  one.data.retain();
  sinkOf(h).segment(segment("v0", 1, { data: new FakeJoined([one.data]) }));
  const { body } = await first;
  t.match(body, "\n1.m4s\n");
  t.notMatch(body, "#EXT-X-PART");
  t.notMatch(body, "PRELOAD-HINT");
});

t.test("low latency: the first playlists say how long each step took", async (t) => {
  const h = await house(t, [service(1)]);
  const { playlist } = await playing(h);
  h.clock.advance(120);
  firstSegment(h);
  const { headers: first } = await h.app.inject(playlist);
  t.match(first["server-timing"], /lock;dur=\d+(\.\d+)?, pmt;dur=.*randomAccess;dur=.*firstPart;dur=120/);
  t.equal(first["timing-allow-origin"], "*");
  const { headers: reload } = await h.app.inject(`${playlist}?_HLS_msn=1&_HLS_part=0`);
  t.equal(reload["server-timing"], undefined);
});
