/** What a SAT>IP server sends, and how it reads a query. */

/** A sender report, and the APP packet behind it. */
export function satipReport(tuning: URLSearchParams, locked: boolean, measuresNothing: boolean): Buffer {
  const measured = measuresNothing ? "0,1,0" : `224,${locked ? 1 : 0},15`;
  const text = `vers=1.0;src=1;tuner=1,${measured},${tuning.get("freq")},${tuning.get("pol") ?? "8"},dvbs2;pids=0`;
  const padded = Buffer.alloc(Math.ceil(text.length / 4) * 4);
  padded.write(text, "latin1");
  const report = Buffer.alloc(28);
  report.set([0x80, 200, 0, 6]);
  const app = Buffer.alloc(16);
  app.set([0x80, 204]);
  app.writeUInt16BE(3 + padded.length / 4, 2);
  app.write("SES1", 8, "latin1");
  app.writeUInt16BE(text.length, 14);
  return Buffer.concat([report, app, padded]);
}

/** The PIDs of a stream after a query. */
export function changedPids(before: Set<number> | "all", query: URLSearchParams): Set<number> | "all" {
  const list = (name: string): number[] => (query.get(name) ?? "").split(",").filter(Boolean).map(Number);
  const pids = query.get("pids");
  if (pids === "all") return "all";
  if (pids === "none") return new Set();
  if (pids !== null) return new Set(list("pids"));
  if (before === "all") return before;
  const after = new Set([...before, ...list("addpids")]);
  for (const pid of list("delpids")) after.delete(pid);
  return after;
}
