/** PIDs as a stream is asked for them. */
export type PidSet = ReadonlySet<number> | "all";

/** One request, and what the server sends after it. */
export interface PidChange {
  readonly query: string;
  readonly after: PidSet;
}

/** Beyond this the whole multiplex is asked for: servers have fewer filters, and URLs an end. */
const MOST_PIDS = 100;

/** What is asked for in place of `pids`. */
export function effectivePids(pids: PidSet): PidSet {
  return pids === "all" || pids.size > MOST_PIDS ? "all" : pids;
}

/** The whole list: `pids=0,16`, `pids=all`, `pids=none`. @see SAT>IP 1.2.2 §3.5.11 */
export function pidsField(pids: PidSet): string {
  if (pids === "all") return "pids=all";
  return pids.size === 0 ? "pids=none" : `pids=${list(pids)}`;
}

/**
 * The requests that lead from one set to another: what comes is added before what goes is taken away, so that a server short of
 * filters says so while everything still runs; the PIDs in both are not touched. Never `pids` beside the others in one query.
 */
export function pidChanges(from: PidSet, to: PidSet): PidChange[] {
  if (from === "all" || to === "all") return from === to ? [] : [{ query: pidsField(to), after: to }];
  const added = [...to].filter((pid) => !from.has(pid));
  const removed = [...from].filter((pid) => !to.has(pid));
  return [
    ...(added.length > 0 ? [{ query: `addpids=${list(added)}`, after: new Set([...from, ...added]) }] : []),
    ...(removed.length > 0 ? [{ query: `delpids=${list(removed)}`, after: to }] : []),
  ];
}

function list(pids: Iterable<number>): string {
  return [...pids].sort((a, b) => a - b).join(",");
}
