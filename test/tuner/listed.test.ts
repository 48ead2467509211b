import t from "tap";
import { listedEvents, networkIdOf } from "../../src/tuner/listed.ts";
import type { GuideEvent, Multiplex } from "../../src/tuner/ports.ts";
import { MuxTables } from "../../src/tuner/mux-tables.ts";
import { decodePat, encodePat } from "../../src/tuner/si/pat.ts";

const HEADER = { version: 1, current: true, sectionNumber: 0, lastSectionNumber: 0 };
const stream = (id: string, name: string, number: number | null = null): Multiplex => ({
  id,
  delivery: { system: "http", url: `http://tv.example/${id}` },
  listed: { name, number },
});
const aerial: Multiplex = {
  id: "dvbt-1",
  delivery: { system: "dvbt", frequencyHz: 5e8, bandwidthHz: 8e6, plp: null },
};

t.test(
  "listed: streams of one triplet are told apart, the same in each run; broadcasters keep theirs",
  (t) => {
    const one = networkIdOf(stream("a", "A"), 1, 1);
    t.equal(one, networkIdOf(stream("a", "renamed"), 0xff01, 1));
    t.not(one, networkIdOf(stream("b", "B"), 1, 1));
    t.ok(one > 0xffff && Number.isSafeInteger(one));
    t.equal(networkIdOf(aerial, 9018, 1), 9018);
    t.equal(networkIdOf(stream("a", "A"), 9018, 7), 9018, "a whole multiplex that is sent on");
    t.ok(networkIdOf(stream("a", "A"), 0xff01, 7) > 0xffff);
    const device: Multiplex = { ...aerial, delivery: { system: "hdhomerun", device: "1", channel: "v1" } };
    t.equal(networkIdOf({ ...device, listed: { name: "A", number: 1 } }, 0, 1), 0);
    t.end();
  },
);

t.test(
  "listed: two streams with the tables of one encoder are two services, called as the list has them",
  (t) => {
    const pat = encodePat({
      ...HEADER,
      transportStreamId: 1,
      networkPid: null,
      programs: [{ serviceId: 1, pid: 0x1000 }],
    });
    t.not(decodePat(pat), null);
    const [a, b] = [stream("a", "News", 7), stream("b", "Sport")].map((multiplex) => {
      const tables = new MuxTables(multiplex);
      tables.push(0, pat);
      return tables.services();
    });
    t.match(a, [{ name: "News", lcn: 7, key: { transportStreamId: 1, serviceId: 1 } }]);
    t.match(b, [{ name: "Sport", lcn: null }]);
    t.not(a?.[0]?.key.originalNetworkId, b?.[0]?.key.originalNetworkId);

    const two = new MuxTables(stream("c", "Both"));
    const programs = [1, 2].map((serviceId) => ({ serviceId, pid: 0x1000 + serviceId }));
    two.push(0, encodePat({ ...HEADER, transportStreamId: 1, networkPid: null, programs }));
    t.notMatch(
      two.services().map(({ name }) => name),
      ["Both"],
      "a name for one is none for two",
    );
    t.end();
  },
);

t.test("listed: the guide of a stream follows its service; others' events stay", (t) => {
  const event = (originalNetworkId: number, transportStreamId: number): GuideEvent => ({
    service: { originalNetworkId, transportStreamId, serviceId: 1 },
    eventId: 1,
    startsAt: 0,
    endsAt: 1,
    title: "",
    description: "",
    language: null,
  });
  const own = { originalNetworkId: 1, transportStreamId: 1 };
  const events = [event(1, 1), event(1, 2)];
  t.equal(listedEvents(events, own, 1), events);
  t.same(
    listedEvents(events, own, 70_000).map(({ service }) => service.originalNetworkId),
    [70_000, 1],
  );
  t.end();
});
