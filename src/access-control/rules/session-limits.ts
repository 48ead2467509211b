import { TellyportError } from "../../kernel/errors.ts";
import type { Role } from "../../protocol/principal.ts";
import type { Watching } from "../ports.ts";

/** Playbacks of one client at a time. */
export interface ClientSessions {
  readonly away: number;
  readonly home: number;
  readonly inAll: number;
}

/** How many may watch at a time. The box's own limits (memory, tuners) come on top. */
export interface SessionLimits {
  /** Playbacks away from home, of all clients together. */
  readonly away: number;
  readonly perClient: Readonly<Record<Role, ClientSessions>>;
}

/** Who has to go first for an owner. */
const LIGHTEST: readonly Role[] = ["guest", "kid", "viewer"];
/** When somebody who was refused may ask again, ms. */
const RETRY = 10_000;

/**
 * Makes room for one playback more: the client's own oldest ends for it; somebody else's only for an owner, who then takes the
 * place of who weighs least. Pure.
 * @param running in order of their start
 * @returns ids of those that must end
 * @throws TellyportError `session-limit` when too many watch away from home
 */
export function sessionsToEnd(
  wish: Pick<Watching, "principal" | "home">,
  running: readonly Watching[],
  limits: SessionLimits,
): readonly string[] {
  const { client, role } = wish.principal;
  const left = new Set(running);
  const gone: string[] = [];
  const end = (one: Watching): void => {
    left.delete(one);
    gone.push(one.id);
  };
  const own = (where: "inAll" | "here" = "inAll"): Watching[] =>
    [...left].filter(
      (one) => one.principal.client === client && (where === "inAll" || one.home === wish.home),
    );
  const allowed = limits.perClient[role];
  const endOldest = (most: number, where: "inAll" | "here"): void => {
    for (let all = own(where); all.length >= most; all = own(where)) {
      const [oldest] = all;
      if (oldest === undefined) return;
      end(oldest);
    }
  };
  endOldest(wish.home ? allowed.home : allowed.away, "here");
  endOldest(allowed.inAll, "inAll");
  if (wish.home) return gone;
  for (let away = awayOf(left); away.length >= limits.away; away = awayOf(left)) {
    const victim = own("here")[0] ?? (role === "owner" ? lightest(away) : undefined);
    if (victim === undefined) throw tooManyAway(limits.away);
    end(victim);
  }
  return gone;
}

const awayOf = (all: Iterable<Watching>): Watching[] => [...all].filter(({ home }) => !home);

/** The oldest of those who weigh least; undefined: there are owners only. */
function lightest(all: readonly Watching[]): Watching | undefined {
  for (const role of LIGHTEST) {
    const found = all.find(({ principal }) => principal.role === role);
    if (found !== undefined) return found;
  }
  return undefined;
}

function tooManyAway(limit: number): TellyportError {
  const many = limit === 1 ? "One client watches" : `${limit} clients watch`;
  return new TellyportError(
    "session-limit",
    `${many} away from home, and more than that the box does not serve. Try again when one of them has stopped.`,
    { retryAfterMs: RETRY, detail: { where: "away", limit } },
  );
}
