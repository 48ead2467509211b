import { createSocket } from "node:dgram";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Writable } from "node:stream";
import t from "tap";
import { systemClock } from "../../../../src/kernel/clock.ts";
import { createLog } from "../../../../src/kernel/log.ts";
import { createNetworkSource } from "../../../../src/tuner/drivers/network/index.ts";
import { NetworkTuner } from "../../../../src/tuner/drivers/network/network-tuner.ts";
import type { Multiplex, TunerDriver, TunerSource } from "../../../../src/tuner/ports.ts";
import { eventually } from "../../../helpers/daemon.ts";
import { FakeClock } from "../../../helpers/fake-clock.ts";
import { temporaryFolder, type Teardown } from "../../../helpers/temporary.ts";
import { generateCapture } from "../file/generated-capture.ts";
import { httpSite } from "./http-site.ts";
import { RecordingSink } from "./recording-sink.ts";

const STREAM = generateCapture({ seconds: 1 });

/** A source of one list, and what it logs. */
async function sourceOf(
  t: Teardown,
  list: string,
  options: { asUrl?: boolean } = {},
): Promise<{
  source: TunerSource;
  driver: TunerDriver;
  multiplex: (name: string) => Multiplex;
  log: () => string;
}> {
  let text = "";
  const log = createLog({
    destination: new Writable({
      write: (chunk: Buffer, _encoding, done) => ((text += chunk.toString()), done()),
    }),
  });
  let path = list;
  if (options.asUrl !== true) {
    path = join(await temporaryFolder(t), "list.m3u");
    await writeFile(path, list);
  }
  // The test's sites are on this machine: a list in a file may name them when the installer allows it.
  const allow = options.asUrl === true ? [] : [...new Set(list.match(/http:\/\/[\d.:]+/g) ?? [])];
  const source = await createNetworkSource({ lists: [path], clock: systemClock, log, tuners: 2, allow });
  const driver = source.drivers[0];
  if (driver === undefined) throw new Error("no tuner");
  t.teardown(async () => {
    for (const each of source.drivers) await each.close();
    await source.close?.();
  });
  const multiplex = (name: string): Multiplex => {
    const found = source.multiplexes.find(({ listed }) => listed?.name === name);
    if (found === undefined) throw new Error(`no multiplex ${name}`);
    return found;
  };
  return { source, driver, multiplex, log: () => text };
}

const never = (): AbortSignal => new AbortController().signal;

t.test("network: a stream over http arrives whole, and its end is no-data", async (t) => {
  const site = await httpSite(t, (request, response) => {
    if (request.url === "/moved") return void response.writeHead(302, { location: "/one.ts" }).end();
    response.writeHead(200, { "content-type": "video/mp2t" });
    // Behind half a packet, and in pieces that end anywhere.
    response.write(STREAM.subarray(100, 188));
    for (let at = 188; at < STREAM.length; at += 1000) response.write(STREAM.subarray(at, at + 1000));
    response.end();
  });
  const { driver, multiplex } = await sourceOf(t, `#EXTINF:-1,One\n${site.url}/moved\n`);
  const sink = new RecordingSink();
  t.equal(driver.accepts(multiplex("One")), true);
  await driver.tune(multiplex("One"), sink, never());
  t.same(driver.signal(), { locked: true, strength: null, cnr: null });
  await eventually("the stream's end", () => sink.failure !== null);
  t.same(sink.bytes.equals(STREAM.subarray(188)), true);
  t.same(sink.events, ["failed no-data"]);
  t.match(sink.failure?.message, /One came to its end/);
  t.same(site.requests, ["GET /moved", "GET /one.ts"]);
});

t.test("network: refusals are typed, and say what to do", async (t) => {
  const site = await httpSite(t, (request, response) => {
    const [, what] = (request.url ?? "").split("/");
    if (what === "loop") return void response.writeHead(302, { location: "/loop" }).end();
    if (what === "out") return void response.writeHead(302, { location: "file:///etc/passwd" }).end();
    if (what === "hls")
      return void response.writeHead(200, { "content-type": "application/vnd.apple.mpegurl" }).end("#EXTM3U");
    if (what === "noise") {
      response.writeHead(200);
      return void response.end(Buffer.alloc(600_000, "no stream "));
    }
    response.writeHead(Number(what)).end();
  });
  const names = ["401", "404", "503", "loop", "out", "hls", "noise"];
  const list = names.map((name) => `#EXTINF:-1,${name}\n${site.url}/${name}\n`).join("");
  const gone = await httpSite(t, () => undefined);
  await gone.stop();
  const { driver, multiplex } = await sourceOf(t, `${list}#EXTINF:-1,gone\n${gone.url}/x\n`);
  for (const [name, code, words] of [
    ["401", "unsupported", /password/],
    ["404", "no-lock", /read its list again/],
    ["503", "device-busy", /try again later/],
    ["loop", "no-lock", /redirects without end/],
    ["out", "no-lock", /redirects/],
    ["hls", "unsupported", /playlist of segments/],
    ["gone", "no-lock", /cannot be reached \(ECONNREFUSED\)/],
  ] as const)
    await t.rejects(
      driver.tune(multiplex(name), new RecordingSink(), never()),
      { code, message: words },
      name,
    );
  const sink = new RecordingSink();
  await driver.tune(multiplex("noise"), sink, never());
  await eventually("the refusal", () => sink.failure !== null);
  t.match(sink.failure, { code: "unsupported", message: /no MPEG transport stream/ });
  t.equal(sink.packetCount, 0);
});

t.test("network: tuning can be given up, and tuning again replaces what runs", async (t) => {
  let open = 0;
  const site = await httpSite(t, (request, response) => {
    if (request.url === "/mute") return;
    open++;
    response.once("close", () => open--);
    response.writeHead(200).write(STREAM);
  });
  const { driver, multiplex } = await sourceOf(
    t,
    ["one", "two", "mute"].map((name) => `#EXTINF:-1,${name}\n${site.url}/${name}\n`).join(""),
  );
  const cancel = new AbortController();
  const mute = driver.tune(multiplex("mute"), new RecordingSink(), cancel.signal);
  await eventually("the request", () => site.requests.length === 1);
  cancel.abort();
  await t.rejects(mute, { code: "request-cancelled" });

  const first = new RecordingSink();
  await driver.tune(multiplex("one"), first, never());
  await eventually("packets", () => first.packetCount > 0);
  const second = new RecordingSink();
  await driver.tune(multiplex("two"), second, never());
  await eventually("packets", () => second.packetCount > 0);
  await eventually("the first connection's end", () => open === 1);
  t.equal(first.failure, null, "what was replaced says no more");
  await driver.close();
  await eventually("the second connection's end", () => open === 0);
  t.equal(second.failure, null);
  t.equal(driver.signal().locked, false);
});

t.test("network: no secret of an address is in ids, deliveries or logs", async (t) => {
  const seen: (string | undefined)[] = [];
  const site = await httpSite(t, (request, response) => {
    if (request.url?.startsWith("/list") === true) {
      seen.push(request.headers.authorization);
      return void response.end(
        `#EXTINF:-1,One\nhttp://anna:hunter2@${site.host}/one.ts?token=hunter2\nrtsp://x:hunter2@y/\n`,
      );
    }
    seen.push(request.headers.authorization, request.url);
    response.writeHead(403).end();
  });
  const { source, driver, multiplex, log } = await sourceOf(
    t,
    `http://anna:hunter2@${site.host}/list?password=hunter2`,
    { asUrl: true },
  );
  const basic = `Basic ${Buffer.from("anna:hunter2").toString("base64")}`;
  const failed = await driver.tune(multiplex("One"), new RecordingSink(), never()).then(
    () => null,
    (error: Error) => error,
  );
  t.same(seen, [basic, basic, "/one.ts?token=hunter2"], "the servers get them");
  const shown = JSON.stringify([source.multiplexes, log(), failed?.message]);
  t.notMatch(shown, /hunter2/);
  t.match(log(), /list-read/);
  t.match(log(), /rtsp/, "the line that cannot be used is told");
});

t.test(
  "network: a list that is no list is told at the start; a server that is away is asked again",
  async (t) => {
    const log = createLog({ level: "silent" });
    const folder = await temporaryFolder(t);
    const of = (list: string): Promise<TunerSource> =>
      createNetworkSource({ lists: [list], clock: systemClock, log });
    await t.rejects(of(join(folder, "nowhere.m3u")), { code: "source-missing", message: /nowhere.m3u/ });
    await writeFile(join(folder, "empty.m3u"), "#EXTM3U\n");
    await t.rejects(of(join(folder, "empty.m3u")), { code: "source-empty" });
    await writeFile(join(folder, "hls.m3u8"), "#EXTM3U\n#EXT-X-TARGETDURATION:4\n");
    await t.rejects(of(join(folder, "hls.m3u8")), { code: "source-not-list", message: /HLS/ });

    const site = await httpSite(t, (_request, response) => void response.writeHead(500).end());
    const source = await of(`${site.url}/list.m3u`);
    t.same([source.drivers.length, source.multiplexes.length], [4, 0]);
    await source.close?.();
  },
);

t.test("network: datagrams, plain and in RTP, with what is missing told", async (t) => {
  const port = await freePort();
  const { driver, multiplex } = await sourceOf(t, `#EXTINF:-1,One\nudp://127.0.0.1:${port}\n`);
  const sender = createSocket("udp4");
  t.teardown(() => new Promise<void>((resolve) => sender.close(resolve)));
  const send = (datagram: Buffer): Promise<void> =>
    new Promise((resolve) => sender.send(datagram, port, "127.0.0.1", () => resolve()));
  const seven = (i: number): Buffer => STREAM.subarray(i * 1316, (i + 1) * 1316);

  const sink = new RecordingSink();
  let tuned = false;
  const tuning = driver.tune(multiplex("One"), sink, never()).then(() => (tuned = true));
  await eventually("the lock", async () => {
    await send(seven(0));
    return tuned;
  });
  await tuning;
  const before = sink.packetCount;
  await send(seven(1));
  await eventually(
    "packets",
    () => sink.bytes.subarray(-1316).equals(seven(1)) && sink.packetCount >= before + 7,
  );
  t.same(sink.events, []);
  await send(Buffer.concat([seven(2), Buffer.from("half a packet")]));
  await eventually("the loss", () => sink.events.includes("sync-loss"));

  const rtp = (sequence: number, payload: Buffer): Buffer => {
    const header = Buffer.alloc(12);
    header.writeUInt8(0x80, 0);
    header.writeUInt8(33, 1);
    header.writeUInt16BE(sequence, 2);
    header.writeUInt32BE(0xcafe, 8);
    return Buffer.concat([header, payload]);
  };
  const total = sink.packetCount;
  await send(rtp(65_535, seven(3)));
  await send(rtp(0, seven(4)));
  await send(rtp(3, seven(5)));
  await send(rtp(3, seven(5)));
  await eventually("the RTP packets", () => sink.packetCount === total + 21);
  t.same(sink.events, ["sync-loss", "overflow"]);
  t.ok(sink.bytes.subarray(-3 * 1316).equals(STREAM.subarray(3 * 1316, 6 * 1316)));
  await driver.close();
});

t.test("network: where no datagram comes, a cancelled wait leaves the port free", async (t) => {
  const port = await freePort();
  const { driver, multiplex } = await sourceOf(t, `#EXTINF:-1,One\nudp://127.0.0.1:${port}\n`);
  const cancel = new AbortController();
  const tuning = driver.tune(multiplex("One"), new RecordingSink(), cancel.signal);
  setImmediate(() => cancel.abort());
  await t.rejects(tuning, { code: "request-cancelled" });
  const other = createSocket("udp4");
  await new Promise<void>((resolve, reject) => {
    other.once("error", reject);
    other.bind(port, "127.0.0.1", resolve);
  });
  await t.rejects(driver.tune(multiplex("One"), new RecordingSink(), never()), {
    code: "device-busy",
    message: /Another program/,
  });
  await new Promise<void>((resolve) => other.close(resolve));
});

t.test("network: an address where nothing arrives is no-lock, in time for the session", async (t) => {
  const clock = new FakeClock();
  const driver = new NetworkTuner("network-0", "Network stream 1", clock, {
    has: () => false,
    open: () => Promise.resolve(null),
  });
  const delivery = { system: "udp", address: "127.0.0.1", port: await freePort() } as const;
  const tuning = driver.tune({ id: "x", delivery }, new RecordingSink(), never());
  await eventually("the wait", () => clock.pending === 1);
  clock.advance(5000);
  await t.rejects(tuning, { code: "no-lock", message: /switch forwards multicast/ });
});

t.test("network: one sender that hangs up at once does not stop the others", async (t) => {
  const site = await httpSite(t, (request, response) => {
    if (request.url === "/cut") return void request.socket.destroy();
    response.writeHead(200).write(STREAM);
  });
  const { source, multiplex } = await sourceOf(
    t,
    `#EXTINF:-1,cut\n${site.url}/cut\n#EXTINF:-1,well\n${site.url}/well\n`,
  );
  const [a, b] = source.drivers;
  const sink = new RecordingSink();
  await t.rejects(a?.tune(multiplex("cut"), new RecordingSink(), never()) ?? Promise.resolve(), {
    code: "no-lock",
  });
  await b?.tune(multiplex("well"), sink, never());
  await eventually("packets", () => sink.packetCount > 0);
  t.pass("the second plays");
});

/** A port that nobody has for the moment. */
async function freePort(): Promise<number> {
  const socket = createSocket("udp4");
  await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve));
  const { port } = socket.address();
  await new Promise<void>((resolve) => socket.close(resolve));
  return port;
}
