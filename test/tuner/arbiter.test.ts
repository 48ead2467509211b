import t from "tap";
import fc from "fast-check";
import { arbitrate, type ArbiterSession, type ArbiterTuner } from "../../src/tuner/arbiter.ts";

const tuner = (id: string, accepts: string[], usable = true): ArbiterTuner => ({
  id,
  accepts: new Set(accepts),
  usable,
});
const session = (
  tuner: string,
  multiplex: string,
  weight: number,
  rest: Partial<ArbiterSession> = {},
): ArbiterSession => ({
  tuner,
  multiplex,
  weight,
  consumers: weight > 0 ? 1 : 0,
  since: 0,
  ...rest,
});

t.test("arbiter: the same multiplex is shared, whoever asks", (t) => {
  const decision = arbitrate([tuner("a", ["m"])], [session("a", "m", 1000)], { multiplex: "m", weight: 50 });
  t.same(decision, { kind: "share", tuner: "a" });
  t.end();
});

t.test("arbiter: of idle tuners the least capable is taken", (t) => {
  const tuners = [tuner("both", ["m", "n"]), tuner("one", ["m"])];
  t.same(arbitrate(tuners, [], { multiplex: "m", weight: 1 }), { kind: "idle", tuner: "one" });
  t.end();
});

t.test(
  "arbiter: the lightest gives way, among equals the one with fewest consumers, then the oldest",
  (t) => {
    const tuners = ["a", "b", "c"].map((id) => tuner(id, ["w", "x", "y", "z"]));
    const ask = (sessions: ArbiterSession[]): unknown =>
      arbitrate(tuners, sessions, { multiplex: "z", weight: 600 });
    t.match(ask([session("a", "w", 500), session("b", "x", 400), session("c", "y", 500)]), {
      tuner: "b",
      displaced: "x",
    });
    t.match(
      ask([
        session("a", "w", 500, { consumers: 2 }),
        session("b", "x", 500),
        session("c", "y", 500, { consumers: 3 }),
      ]),
      { tuner: "b" },
    );
    t.match(
      ask([
        session("a", "w", 500, { since: 3 }),
        session("b", "x", 500, { since: 2 }),
        session("c", "y", 500, { since: 1 }),
      ]),
      { tuner: "c" },
    );
    t.end();
  },
);

t.test("arbiter: an equal weight is refused, with what could be had", (t) => {
  const decision = arbitrate([tuner("a", ["m", "n"])], [session("a", "m", 500)], {
    multiplex: "n",
    weight: 500,
  });
  t.same(decision, {
    kind: "refuse",
    reason: "busy",
    since: 0,
    held: [session("a", "m", 500)],
    running: ["m"],
  });
  t.match(arbitrate([tuner("a", ["m"])], [], { multiplex: "n", weight: 500 }), {
    reason: "no-tuner",
    since: null,
  });
  const gone = { ...tuner("a", ["n"], false), failedAt: 70 };
  t.match(arbitrate([gone], [], { multiplex: "n", weight: 500 }), { reason: "device-gone", since: 70 });
  t.end();
});

t.test("arbiter: it is busy since the last of the tuners was taken", (t) => {
  const tuners = [tuner("a", ["m", "n", "o"]), tuner("b", ["m", "n", "o"]), tuner("c", ["p"])];
  const sessions = [
    session("a", "m", 500, { since: 30 }),
    session("b", "n", 600, { since: 20 }),
    session("c", "p", 500, { since: 90 }),
  ];
  const decision = arbitrate(tuners, sessions, { multiplex: "o", weight: 400 });
  t.match(decision, { kind: "refuse", reason: "busy", since: 30, running: ["m", "n", "p"] });
  t.same(decision.kind === "refuse" && decision.held.map((held) => held.tuner), ["a", "b"]);
  t.end();
});

t.test("arbiter: a tuner that failed lately is taken after all others, but before anybody must go", (t) => {
  const suspect = { ...tuner("a", ["m"]), suspect: true };
  const both = [suspect, tuner("b", ["m", "n"])];
  t.match(arbitrate(both, [], { multiplex: "m", weight: 1 }), { kind: "idle", tuner: "b" });
  t.match(arbitrate(both, [session("b", "n", 50)], { multiplex: "m", weight: 500 }), {
    kind: "idle",
    tuner: "a",
  });
  t.end();
});

t.test("arbiter: among equals one that can go on elsewhere gives way", (t) => {
  const tuners = [tuner("a", ["m", "n", "o"]), tuner("b", ["m", "n", "o"]), tuner("c", ["n"])];
  const sessions = [session("a", "m", 500, { since: 1 }), session("b", "n", 500, { since: 2, consumers: 3 })];
  t.match(arbitrate(tuners, sessions, { multiplex: "o", weight: 600 }), { displaced: "n", tuner: "b" });
  t.end();
});

t.test("arbiter: a class at its limit shares, and gets no tuner more", (t) => {
  const tuners = ["a", "b", "c"].map((id) => tuner(id, ["m", "n", "o"]));
  const sessions = [session("a", "m", 400, { since: 7 }), session("b", "n", 500)];
  t.match(arbitrate(tuners, sessions, { multiplex: "o", weight: 400, limit: 1 }), {
    kind: "refuse",
    reason: "limit",
    since: 7,
    held: [{ tuner: "a" }],
  });
  t.match(arbitrate(tuners, sessions, { multiplex: "n", weight: 400, limit: 1 }), { kind: "share" });
  t.match(arbitrate(tuners, sessions, { multiplex: "o", weight: 400, limit: 2 }), { kind: "idle" });
  t.match(arbitrate(tuners, sessions, { multiplex: "o", weight: 500, limit: 2 }), { kind: "idle" });
  t.match(arbitrate(tuners, [], { multiplex: "o", weight: 400, limit: 0 }), { reason: "limit", since: null });
  t.end();
});

t.test("arbiter: whatever runs, a grant is possible, just and never dearer than needed", (t) => {
  const ids = ["m1", "m2", "m3", "m4", "m5"];
  const world = fc
    .array(
      fc.record({
        accepts: fc.subarray(ids),
        usable: fc.boolean(),
        on: fc.option(fc.nat(4)),
        weight: fc.nat(10),
      }),
      {
        maxLength: 4,
      },
    )
    .map((raw) => {
      const taken = new Set<string>();
      const sessions: ArbiterSession[] = [];
      const tuners = raw.map(({ accepts, usable, on, weight }, i) => {
        const multiplex = on === null ? undefined : accepts[on % Math.max(1, accepts.length)];
        if (multiplex !== undefined && !taken.has(multiplex)) {
          taken.add(multiplex);
          sessions.push(session(`t${i}`, multiplex, weight));
        }
        return tuner(`t${i}`, accepts, usable);
      });
      return { tuners, sessions };
    });
  fc.assert(
    fc.property(
      world,
      fc.constantFrom(...ids),
      fc.integer({ min: 0, max: 10 }),
      ({ tuners, sessions }, multiplex, weight) => {
        const decision = arbitrate(tuners, sessions, { multiplex, weight });
        const running = sessions.find((one) => one.multiplex === multiplex);
        if (running !== undefined) return decision.kind === "share" && decision.tuner === running.tuner;
        const usable = tuners.filter((one) => one.usable && one.accepts.has(multiplex));
        const idle = usable.filter((one) => !sessions.some((held) => held.tuner === one.id));
        if (idle.length > 0) return decision.kind === "idle" && idle.some((one) => one.id === decision.tuner);
        const lighter = sessions.filter(
          (held) => held.weight < weight && usable.some((one) => one.id === held.tuner),
        );
        if (lighter.length === 0) return decision.kind === "refuse";
        return (
          decision.kind === "displace" &&
          lighter.some((held) => held.tuner === decision.tuner && held.multiplex === decision.displaced) &&
          lighter.every((held) => held.weight >= decision.weight)
        );
      },
    ),
    { numRuns: 500 },
  );
  t.end();
});
