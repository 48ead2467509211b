/** A tuner as the arbiter sees it. */
export interface ArbiterTuner {
  readonly id: string;
  /** Multiplexes that it could receive. */
  readonly accepts: ReadonlySet<string>;
  /** Its device answers. */
  readonly usable: boolean;
}

/** What runs on a tuner; at most one session per tuner and per multiplex. */
export interface ArbiterSession {
  readonly tuner: string;
  readonly multiplex: string;
  /** Of its heaviest consumer; 0 when it only lingers. */
  readonly weight: number;
  readonly consumers: number;
  /** When its last consumer came, monotonic ms: the longest untouched goes first. */
  readonly since: number;
}

export interface ArbiterRequest {
  readonly multiplex: string;
  readonly weight: number;
}

export type Decision =
  | { readonly kind: "share"; readonly tuner: string }
  | { readonly kind: "idle"; readonly tuner: string }
  | { readonly kind: "displace"; readonly tuner: string; readonly displaced: string; readonly weight: number }
  | {
      readonly kind: "refuse";
      /** `no-tuner`: none could ever receive it; `device-gone`: those that could do not answer; `busy`: all are held. */
      readonly reason: "no-tuner" | "device-gone" | "busy";
      /** Multiplexes that are received now and could be shared at once. */
      readonly running: readonly string[];
    };

/**
 * Who gets which tuner, and why not. Pure.
 *
 * The same multiplex is always shared. Else an idle tuner is taken, the least capable first, so that the others stay free
 * for what only they can do. Else the lightest session that is strictly lighter than the request gives way: among equals
 * the one with fewest consumers, then the one longest untouched.
 */
export function arbitrate(
  tuners: readonly ArbiterTuner[],
  sessions: readonly ArbiterSession[],
  request: ArbiterRequest,
): Decision {
  const running = sessions.find((session) => session.multiplex === request.multiplex);
  if (running !== undefined) return { kind: "share", tuner: running.tuner };

  const refuse = (reason: "no-tuner" | "device-gone" | "busy"): Decision => ({
    kind: "refuse",
    reason,
    running: sessions.map((session) => session.multiplex),
  });
  const capable = tuners.filter((tuner) => tuner.accepts.has(request.multiplex));
  if (capable.length === 0) return refuse("no-tuner");
  const usable = capable.filter((tuner) => tuner.usable);
  if (usable.length === 0) return refuse("device-gone");

  const heldBy = new Map(sessions.map((session) => [session.tuner, session]));
  const idle = least(
    usable.filter((tuner) => !heldBy.has(tuner.id)),
    (a, b) => a.accepts.size - b.accepts.size,
  );
  if (idle !== null) return { kind: "idle", tuner: idle.id };

  const lighter = usable
    .map((tuner) => heldBy.get(tuner.id))
    .filter((session) => session !== undefined)
    .filter((session) => session.weight < request.weight);
  const victim = least(
    lighter,
    (a, b) => a.weight - b.weight || a.consumers - b.consumers || a.since - b.since,
  );
  if (victim === null) return refuse("busy");
  return { kind: "displace", tuner: victim.tuner, displaced: victim.multiplex, weight: victim.weight };
}

/** The first of the least. */
function least<T>(items: readonly T[], compare: (a: T, b: T) => number): T | null {
  return items.reduce<T | null>(
    (best, item) => (best === null || compare(item, best) < 0 ? item : best),
    null,
  );
}
