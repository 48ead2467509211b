/** A tuner as the arbiter sees it. */
export interface ArbiterTuner {
  readonly id: string;
  /** Multiplexes that it could receive. */
  readonly accepts: ReadonlySet<string>;
  /** Its device answers. */
  readonly usable: boolean;
  /** It failed when last used, and has not proved itself since: taken after all others. Default false. */
  readonly suspect?: boolean;
  /** When it failed, monotonic ms; absent: it has not. */
  readonly failedAt?: number;
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
  /** So many sessions may weigh what the request does; absent: any number. */
  readonly limit?: number;
}

/** `no-tuner`: none could ever receive it; `device-gone`: those that could do not answer; `busy`: all are held; `limit`: its like hold as many as they may. */
export type RefusalReason = "no-tuner" | "device-gone" | "busy" | "limit";

export type Decision =
  | { readonly kind: "share"; readonly tuner: string }
  | { readonly kind: "idle"; readonly tuner: string }
  | {
      readonly kind: "displace";
      readonly tuner: string;
      /** The multiplex that goes, and the weight of its heaviest consumer; 0: nobody's. */
      readonly displaced: string;
      readonly weight: number;
    }
  | {
      readonly kind: "refuse";
      readonly reason: RefusalReason;
      /** Since when it would have been refused for this, monotonic ms; null: ever since. */
      readonly since: number | null;
      /** The sessions in the way. */
      readonly held: readonly ArbiterSession[];
      /** Multiplexes that are received now and could be shared at once. */
      readonly running: readonly string[];
    };

/**
 * Who gets which tuner, and why not. Pure.
 *
 * The same multiplex is always shared. Else an idle tuner is taken, the least capable first, so that the others stay free
 * for what only they can do. Else the lightest session that is strictly lighter than the request gives way: among equals
 * one that could go on with an idle tuner, then the one with fewest consumers, then the one longest untouched.
 */
export function arbitrate(
  tuners: readonly ArbiterTuner[],
  sessions: readonly ArbiterSession[],
  request: ArbiterRequest,
): Decision {
  const running = sessions.find((session) => session.multiplex === request.multiplex);
  if (running !== undefined) return { kind: "share", tuner: running.tuner };

  const refuse = (
    reason: RefusalReason,
    held: readonly ArbiterSession[],
    since: readonly number[],
  ): Decision => ({
    kind: "refuse",
    reason,
    since: since.length === 0 ? null : Math.max(...since),
    held,
    running: sessions.map((session) => session.multiplex),
  });
  const capable = tuners.filter((tuner) => tuner.accepts.has(request.multiplex));
  if (capable.length === 0) return refuse("no-tuner", [], []);
  const usable = capable.filter((tuner) => tuner.usable);
  if (usable.length === 0)
    return refuse(
      "device-gone",
      [],
      capable.flatMap((tuner) => tuner.failedAt ?? []),
    );
  const alike = sessions.filter((session) => session.weight === request.weight);
  if (request.limit !== undefined && alike.length >= request.limit)
    return refuse(
      "limit",
      alike,
      alike.map((session) => session.since),
    );

  const heldBy = new Map(sessions.map((session) => [session.tuner, session]));
  const free = tuners.filter((tuner) => tuner.usable && !heldBy.has(tuner.id));
  const idle = least(
    usable.filter((tuner) => !heldBy.has(tuner.id)),
    (a, b) => Number(a.suspect ?? false) - Number(b.suspect ?? false) || a.accepts.size - b.accepts.size,
  );
  if (idle !== null) return { kind: "idle", tuner: idle.id };

  const held = usable.map((tuner) => heldBy.get(tuner.id)).filter((session) => session !== undefined);
  const stuck = (session: ArbiterSession): number =>
    free.some((tuner) => tuner.accepts.has(session.multiplex)) ? 0 : 1;
  const victim = least(
    held.filter((session) => session.weight < request.weight),
    (a, b) => a.weight - b.weight || stuck(a) - stuck(b) || a.consumers - b.consumers || a.since - b.since,
  );
  if (victim === null)
    return refuse(
      "busy",
      held,
      held.map((session) => session.since),
    );
  return { kind: "displace", tuner: victim.tuner, displaced: victim.multiplex, weight: victim.weight };
}

/** The first of the least. */
function least<T>(items: readonly T[], compare: (a: T, b: T) => number): T | null {
  return items.reduce<T | null>(
    (best, item) => (best === null || compare(item, best) < 0 ? item : best),
    null,
  );
}
