import fc from "fast-check";
import t from "tap";
import { arbitrate, type ArbiterSession, type ArbiterTuner, type Decision } from "../../src/tuner/arbiter.ts";
import { WEIGHTS } from "../../src/tuner/ports.ts";

const MULTIPLEXES = ["m0", "m1", "m2", "m3", "m4", "m5"];
const CLASSES = Object.values(WEIGHTS);
const GUEST_LIMIT = 1;

interface Consumer {
  readonly id: number;
  readonly multiplex: string;
  readonly weight: number;
}

/** A pool that does what the arbiter says, and nothing else: who watches what on which tuner. */
class Model {
  readonly tuners: { id: string; accepts: ReadonlySet<string>; usable: boolean; suspect: boolean }[];
  readonly held = new Map<string, { multiplex: string; consumers: Consumer[]; since: number }>();
  #now = 0;
  #next = 0;

  constructor(bits: number) {
    this.tuners = Array.from({ length: bits % 5 }, (_, i) => ({
      id: `t${i}`,
      accepts: new Set(MULTIPLEXES.filter((_, m) => ((bits >>> (3 + i * 6 + m)) & 1) === 1)),
      usable: true,
      suspect: false,
    }));
  }

  sessions(): ArbiterSession[] {
    return [...this.held].map(([tuner, { multiplex, consumers, since }]) => ({
      tuner,
      multiplex,
      weight: Math.max(0, ...consumers.map((consumer) => consumer.weight)),
      consumers: consumers.length,
      since,
    }));
  }

  request(multiplex: string, weight: number): string | null {
    this.#now++;
    const sessions = this.sessions();
    const limited = weight === WEIGHTS.guest;
    const decision = arbitrate(this.tuners, sessions, {
      multiplex,
      weight,
      ...(limited && { limit: GUEST_LIMIT }),
    });
    const fault = faultOf(decision, this.tuners, sessions, { multiplex, weight });
    if (fault !== null) return fault;
    if (decision.kind === "refuse") return null;
    const consumer = { id: this.#next++, multiplex, weight };
    if (decision.kind === "share") this.held.get(decision.tuner)!.consumers.push(consumer);
    else this.held.set(decision.tuner, { multiplex, consumers: [consumer], since: this.#now });
    return null;
  }

  /** One step of a sequence, drawn from 32 bits. @returns what is wrong, or null */
  step(bits: number): string | null {
    const multiplex = MULTIPLEXES[(bits >>> 4) % MULTIPLEXES.length]!;
    const nth = bits >>> 12;
    const holder = [...this.held.values()][nth % Math.max(1, this.held.size)];
    switch (bits & 15) {
      case 0: // a consumer goes; the tuner lingers
        holder?.consumers.splice(nth % Math.max(1, holder.consumers.length), 1);
        break;
      case 1: // a linger is over
        for (const [tuner, { consumers }] of this.held)
          if (consumers.length === 0) {
            this.held.delete(tuner);
            break;
          }
        break;
      case 2: {
        // unplugged, or plugged in again
        const tuner = this.tuners[nth % Math.max(1, this.tuners.length)];
        if (tuner === undefined) break;
        tuner.usable = !tuner.usable;
        tuner.suspect = true;
        const lost = this.held.get(tuner.id)?.consumers ?? [];
        if (!tuner.usable) this.held.delete(tuner.id);
        if (!tuner.usable)
          for (const { multiplex: wanted, weight } of lost) {
            const fault = this.request(wanted, weight);
            if (fault !== null) return fault;
          }
        break;
      }
      default: {
        const fault = this.request(multiplex, CLASSES[(bits >>> 8) % CLASSES.length]!);
        if (fault !== null) return fault;
      }
    }
    const multiplexes = [...this.held.values()].map((session) => session.multiplex);
    if (new Set(multiplexes).size !== multiplexes.length) return "a multiplex is received twice";
    for (const [id, session] of this.held) {
      if (!this.tuners.find((tuner) => tuner.id === id)!.accepts.has(session.multiplex))
        return `${id} receives what it cannot`;
      if (session.consumers.some((consumer) => consumer.multiplex !== session.multiplex))
        return "a consumer sees another multiplex";
    }
    return null;
  }
}

/** What an answer breaks, said from the rules and not from how they are followed. */
function faultOf(
  decision: Decision,
  tuners: readonly ArbiterTuner[],
  sessions: readonly ArbiterSession[],
  { multiplex, weight }: { multiplex: string; weight: number },
): string | null {
  const running = sessions.find((session) => session.multiplex === multiplex);
  if (running !== undefined && decision.kind !== "share") return "what runs was not shared";
  const able = tuners.filter((tuner) => tuner.usable && tuner.accepts.has(multiplex));
  const on = (id: string): ArbiterSession | undefined => sessions.find((session) => session.tuner === id);
  const overLimit =
    weight === WEIGHTS.guest && sessions.filter((session) => session.weight === weight).length >= GUEST_LIMIT;
  switch (decision.kind) {
    case "share":
      return decision.tuner === running?.tuner ? null : "shared what does not run";
    case "idle":
      if (overLimit) return "over the limit";
      if (!able.some((tuner) => tuner.id === decision.tuner)) return "granted a tuner that cannot";
      return on(decision.tuner) === undefined ? null : "a tuner is held twice";
    case "displace": {
      if (overLimit) return "over the limit";
      const victim = on(decision.tuner);
      if (!able.some((tuner) => tuner.id === decision.tuner)) return "granted a tuner that cannot";
      if (victim?.multiplex !== decision.displaced || victim.weight !== decision.weight)
        return "names another victim than it takes";
      if (victim.weight >= weight) return "displaced an equal or heavier class";
      return able.some((tuner) => on(tuner.id) === undefined) ? "displaced while a tuner was idle" : null;
    }
    case "refuse":
      if (decision.running.length !== sessions.length) return "does not say what can be shared";
      if (overLimit && able.length > 0) return decision.reason === "limit" ? null : "another reason";
      if (able.some((tuner) => (on(tuner.id)?.weight ?? -1) < weight)) return "refused without need";
      if (!tuners.some((tuner) => tuner.accepts.has(multiplex)))
        return decision.reason === "no-tuner" ? null : "another reason";
      if (able.length === 0) return decision.reason === "device-gone" ? null : "another reason";
      if (decision.reason !== "busy" || decision.since === null) return "another reason";
      return decision.held.length === able.length ? null : "does not say who is in the way";
  }
}

t.test("arbiter: a hundred thousand random sequences of requests keep every rule", (t) => {
  const counted = { sequences: 0, steps: 0 };
  fc.assert(
    fc.property(fc.nat(), fc.uint32Array({ minLength: 2, maxLength: 14 }), (world, steps) => {
      const model = new Model(Math.imul(world, 0x9e3779b1) >>> 0);
      counted.sequences++;
      for (const bits of steps) {
        counted.steps++;
        const fault = model.step(bits);
        if (fault !== null) throw new Error(fault);
      }
    }),
    { numRuns: 100_000 },
  );
  t.equal(counted.sequences, 100_000);
  t.ok(counted.steps > 400_000, `${counted.steps} steps`);
  t.end();
});

t.test("arbiter: the rules notice an arbiter that breaks them", (t) => {
  const tuners: ArbiterTuner[] = [{ id: "a", accepts: new Set(["m"]), usable: true }];
  const session = { tuner: "a", multiplex: "n", weight: 500, consumers: 1, since: 0 };
  const wish = { multiplex: "m", weight: 500 };
  t.match(faultOf({ kind: "idle", tuner: "a" }, tuners, [session], wish), /twice/);
  t.match(
    faultOf({ kind: "displace", tuner: "a", displaced: "n", weight: 500 }, tuners, [session], wish),
    /equal or heavier/,
  );
  const refuse = { kind: "refuse", reason: "busy", since: 0, held: [session], running: ["n"] } as const;
  t.equal(faultOf(refuse, tuners, [session], wish), null);
  t.match(faultOf({ ...refuse, reason: "no-tuner" }, tuners, [session], wish), /reason/);
  t.match(faultOf(refuse, tuners, [session], { ...wish, weight: 600 }), /without need/);
  t.end();
});
