import fc from "fast-check";
import t from "tap";
import { channelId } from "../../../src/share/channels/stored-channel.ts";
import { applyScan } from "../../../src/tuner/scan/apply.ts";
import { EMPTY_LINE_UP, type KnownLineUp } from "../../../src/tuner/scan/line-up-known.ts";
import type { MultiplexResult } from "../../../src/tuner/scan/scanner.ts";
import { dvbt, missed, named, resultOf, type OnAir } from "./scan-fakes.ts";

const DAY = 86_400_000;
const A = { id: 1, name: "Alpha", lcn: 1 };
const B = { id: 2, name: "Beta", lcn: 2 };
const at = (megahertz: number, onAir: OnAir): MultiplexResult => resultOf(named(dvbt(megahertz)), onAir);
const after = (...results: MultiplexResult[]): KnownLineUp => applyScan(EMPTY_LINE_UP, results, 0).lineUp;
const ids = (lineUp: KnownLineUp): string[] =>
  lineUp.services.map(({ service }) => channelId(service)).sort();
const names = (lineUp: KnownLineUp): string[] =>
  lineUp.services.filter(({ goneSince }) => goneSince === null).map(({ service }) => service.name);

t.test("rescan: the same again changes nothing", (t) => {
  const result = at(474, { transportStreamId: 1, services: [A, B] });
  const before = after(result);
  const { lineUp, diff } = applyScan(before, [result], DAY);
  t.same(lineUp, before);
  t.same(diff, { added: [], changed: [], gone: [], unchanged: 2 });
  t.end();
});

t.test("rescan: a transport stream that moved keeps its ids, even when two changed places", (t) => {
  const one = { transportStreamId: 1, services: [A] };
  const two = { transportStreamId: 2, services: [{ id: 1, name: "Gamma" }] };
  const before = after(at(474, one), at(498, two));
  const { lineUp, diff } = applyScan(before, [at(474, two), at(498, one)], DAY);
  t.same(ids(lineUp), ids(before));
  t.same([diff.added.length, diff.gone.length], [0, 0]);
  t.same(
    diff.changed.map(({ service, what }) => [service.name, what]),
    [
      ["Gamma", ["frequency"]],
      ["Alpha", ["frequency"]],
    ],
  );
  const moved = applyScan(before, [at(522, one), missed(named(dvbt(474)))], DAY);
  t.same(ids(moved.lineUp), ids(before));
  t.equal(moved.lineUp.multiplexes.length, 2, "no multiplex is there twice");
  t.end();
});

t.test(
  "rescan: a new transport stream number on a known frequency keeps the multiplex, not its services",
  (t) => {
    const before = after(at(474, { transportStreamId: 1, services: [A] }));
    const { lineUp, diff } = applyScan(before, [at(474, { transportStreamId: 7, services: [A] })], DAY);
    t.same(
      lineUp.multiplexes.map(({ multiplex }) => multiplex.id),
      ["dvbt-474.000"],
    );
    t.same([diff.added.length, diff.gone.length], [1, 1]);
    t.end();
  },
);

t.test("rescan: a new multiplex on the old frequency of one that moved has a name of its own", (t) => {
  const before = after(at(474, { transportStreamId: 1, services: [A] }));
  const { lineUp } = applyScan(
    before,
    [at(498, { transportStreamId: 1, services: [A] }), at(474, { transportStreamId: 2, services: [B] })],
    DAY,
  );
  t.same(
    lineUp.multiplexes.map(({ multiplex }) => [
      multiplex.id,
      "frequencyHz" in multiplex.delivery && multiplex.delivery.frequencyHz,
    ]),
    [
      ["dvbt-474.000", 498_000_000],
      ["dvbt-474.000-2", 474_000_000],
    ],
  );
  t.equal(new Set(ids(lineUp)).size, 2);
  t.end();
});

t.test("rescan: no name replaces a name, no number a number while the network is unread", (t) => {
  const before = after(at(474, { transportStreamId: 1, services: [A] }));
  const mute = at(474, { transportStreamId: 1, services: [{ id: 1, name: "" }], network: null });
  const { lineUp, diff } = applyScan(before, [mute], DAY);
  t.match(lineUp.services, [{ service: { name: "Alpha", lcn: 1 }, goneSince: null }]);
  t.equal(diff.unchanged, 1);
  const renamed = applyScan(
    before,
    [at(474, { transportStreamId: 1, services: [{ ...A, name: "Alpha HD" }] })],
    DAY,
  );
  t.match(renamed.diff.changed, [{ service: { name: "Alpha HD" }, what: ["name"] }]);
  t.end();
});

t.test(
  "rescan: what is not found is gone, not deleted; it may come back; after 90 days it is forgotten",
  (t) => {
    const both = at(474, { transportStreamId: 1, services: [A, B] });
    const alone = at(474, { transportStreamId: 1, services: [A] });
    const before = after(both);
    const gone = applyScan(before, [alone], DAY);
    t.match(gone.diff.gone, [{ name: "Beta" }]);
    t.same(names(gone.lineUp), ["Alpha"]);
    t.same(ids(gone.lineUp), ids(before));
    t.same(applyScan(gone.lineUp, [alone], 2 * DAY).diff.gone, [], "it is told once");
    const back = applyScan(gone.lineUp, [both], 2 * DAY);
    t.match(back.diff.changed, [{ service: { name: "Beta" }, what: [] }]);
    t.same(names(back.lineUp).sort(), ["Alpha", "Beta"]);
    t.equal(applyScan(gone.lineUp, [alone], 91 * DAY).lineUp.services.length, 1);
    t.end();
  },
);

t.test("rescan: a service that the SDT names and that is off air now is not gone", (t) => {
  const before = after(at(474, { transportStreamId: 1, services: [A, B] }));
  const night = { ...at(474, { transportStreamId: 1, services: [A] }), offAir: [2] };
  t.same(applyScan(before, [night], DAY).diff, { added: [], changed: [], gone: [], unchanged: 2 });
  t.end();
});

t.test(
  "rescan: a multiplex without lock keeps its services through two scans, and loses them at the third",
  (t) => {
    const multiplex = named(dvbt(474));
    let lineUp = after(resultOf(multiplex, { transportStreamId: 1, services: [A] }));
    for (let scan = 1; scan <= 2; scan++) {
      const applied = applyScan(lineUp, [missed(multiplex)], scan * DAY);
      t.same(applied.diff, { added: [], changed: [], gone: [], unchanged: 1 });
      lineUp = applied.lineUp;
    }
    t.match(applyScan(lineUp, [missed(multiplex)], 3 * DAY).diff.gone, [{ name: "Alpha" }]);
    t.same(applyScan(lineUp, [], 3 * DAY).diff.unchanged, 1, "one that is not visited is not missed");
    t.end();
  },
);

t.test(
  "scan: one transport stream from two transmitters is one, the stronger; different feeds are two",
  (t) => {
    const onAir = { transportStreamId: 1, services: [A] };
    const { lineUp } = applyScan(
      EMPTY_LINE_UP,
      [at(474, { ...onAir, cnr: 12 }), at(498, { ...onAir, cnr: 25 })],
      0,
    );
    t.match(lineUp.multiplexes, [{ multiplex: { id: "dvbt-498.000" }, cnr: 25 }]);
    t.equal(lineUp.services.length, 1);
    const feeds = applyScan(
      EMPTY_LINE_UP,
      [at(474, onAir), at(498, { ...onAir, services: [{ ...A, name: "Alpha North" }] })],
      0,
    );
    t.equal(feeds.lineUp.services.length, 2);
    t.equal(new Set(ids(feeds.lineUp)).size, 2);
    t.end();
  },
);

/** A band of transmitters: frequency index, transport stream, services. */
const anyEther = fc
  .uniqueArray(
    fc.record({
      place: fc.nat(5),
      stream: fc.integer({ min: 1, max: 5 }),
      services: fc.uniqueArray(fc.integer({ min: 1, max: 6 }), { maxLength: 4 }),
      named: fc.boolean(),
    }),
    {
      selector: ({ place }) => place,
      maxLength: 5,
    },
  )
  .map((all) => all.filter((one, i) => all.findIndex(({ stream }) => stream === one.stream) === i));
type Ether = (typeof anyEther)["generate"] extends (...args: never) => { value: infer V } ? V : never;

function scanOf(ether: Ether): MultiplexResult[] {
  return [0, 1, 2, 3, 4, 5].map((place) => {
    const one = ether.find((candidate) => candidate.place === place);
    if (one === undefined) return missed(named(dvbt(474 + 8 * place)));
    const services = one.services.map((id) => ({ id, name: one.named ? `S${one.stream}.${id}` : "" }));
    return at(474 + 8 * place, { transportStreamId: one.stream, services });
  });
}

t.test("rescan: whatever the broadcasters do, nothing is there twice, renamed to nothing, or lost", (t) => {
  fc.assert(
    fc.property(fc.array(anyEther, { minLength: 1, maxLength: 6 }), (ethers) => {
      let lineUp = EMPTY_LINE_UP;
      for (const [day, ether] of ethers.entries()) {
        const before = lineUp;
        const results = scanOf(ether);
        const applied = applyScan(before, results, day * DAY);
        lineUp = applied.lineUp;
        const now = ids(lineUp);
        if (new Set(now).size !== now.length) throw new Error("a service is there twice");
        const multiplexes = lineUp.multiplexes.map(({ multiplex }) => multiplex.id);
        if (new Set(multiplexes).size !== multiplexes.length) throw new Error("a multiplex is there twice");
        // Favourites, numbers and names of the owner hang on the channel's id.
        for (const id of ids(before)) if (!now.includes(id)) throw new Error("an id was lost");
        const nameOf = new Map(lineUp.services.map(({ service }) => [channelId(service), service.name]));
        for (const { service } of before.services)
          if (/^S\d/.test(service.name) && nameOf.get(channelId(service)) !== service.name)
            throw new Error(`${service.name} was renamed to ${nameOf.get(channelId(service))}`);
        for (const { stream, services } of ether)
          for (const id of services) {
            const alive = lineUp.services.filter(
              ({ service, goneSince }) =>
                goneSince === null &&
                service.key.transportStreamId === stream &&
                service.key.serviceId === id,
            );
            if (alive.length === 0) throw new Error("what was received is not there");
          }
        const again = applyScan(
          lineUp,
          results.filter(({ outcome }) => outcome === "ok"),
          day * DAY + 1,
        );
        if (again.diff.added.length + again.diff.changed.length + again.diff.gone.length > 0)
          throw new Error("a second look changes something");
      }
    }),
    { numRuns: 80 },
  );
  t.end();
});
