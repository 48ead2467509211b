import { checkGzip, checkPreflight } from "./delivery.ts";
import { lastSequence, type Edge } from "./edge.ts";
import type { MediaPlaylist } from "./playlist-model.ts";
import { directivesFor, type PlaylistSource } from "./playlist-source.ts";
import { SLACK_MS } from "./session.ts";

/** One request that a player would not make, or makes seldom, beside its reloads; which one, the round decides. */
export async function probeReload(
  source: PlaylistSource,
  playlist: MediaPlaylist,
  round: number,
): Promise<void> {
  const { http, expect } = source.session;
  const { name, url } = source.ref;
  const probes: (() => Promise<void>)[] = [
    () => checkGzip(http, url, name, expect),
    () => checkPreflight(http, url, name, expect),
  ];
  if (playlist.serverControl?.canBlockReload === true) {
    probes.push(
      () => probeRefusals(source, playlist),
      () => probeStale(source, playlist),
    );
    if (playlist.partTarget !== null) probes.push(() => probeBeyond(source, playlist));
    probes.push(() => probeAhead(source, playlist));
  }
  await probes[round % probes.length]?.();
}

/** L-06: part without segment, and a segment that is too far off. */
async function probeRefusals(source: PlaylistSource, playlist: MediaPlaylist): Promise<void> {
  const { http, expect, lag } = source.session;
  const cases = [
    [{ _HLS_part: 1 }, "_HLS_part without _HLS_msn"],
    [{ _HLS_msn: lastSequence(playlist) + 6 }, "a segment far ahead"],
  ] as const;
  for (const [directives, what] of cases) {
    const answer = await source.fetch(directives);
    http.immediate(answer.endedAt - answer.sentAt - lag.since(answer.sentAt));
    expect("L-06", answer.status === 400, source.ref.name, `${what} is answered with ${answer.status}`);
  }
}

/** L-06: what is long there is answered at once. */
async function probeStale(source: PlaylistSource, playlist: MediaPlaylist): Promise<void> {
  const { http, expect, lag } = source.session;
  const answer = await source.fetch({ _HLS_msn: playlist.mediaSequence });
  const took = answer.endedAt - answer.sentAt - lag.since(answer.sentAt);
  if (took <= SLACK_MS) http.immediate(took);
  expect("L-06", answer.status === 200, source.ref.name, `an old segment is answered with ${answer.status}`);
  expect("L-06", took <= SLACK_MS, source.ref.name, `an old segment is answered after ${took.toFixed(0)} ms`);
}

/** L-06: two segments ahead is waited for. */
function probeAhead(source: PlaylistSource, playlist: MediaPlaylist): Promise<void> {
  const wanted: Edge = { msn: lastSequence(playlist) + 2, part: -1 };
  return probeHeld(source, wanted, wanted);
}

/** L-06: a part behind the last one of a whole segment is the first of the next. */
async function probeBeyond(source: PlaylistSource, playlist: MediaPlaylist): Promise<void> {
  const last = playlist.segments.at(-1);
  if (last === undefined || last.parts.length === 0) return;
  const asked: Edge = { msn: last.sequence, part: last.parts.length };
  await probeHeld(source, asked, { msn: last.sequence + 1, part: 0 });
}

async function probeHeld(source: PlaylistSource, asked: Edge, wanted: Edge): Promise<void> {
  const { busy, expect } = source.session;
  if (busy.probe) return;
  busy.probe = true;
  try {
    const answer = await source.fetch(directivesFor(asked));
    const what = `${JSON.stringify(directivesFor(asked))} is answered with ${answer.status}`;
    expect("L-06", answer.status === 200, source.ref.name, what);
    if (answer.status === 200) source.checkHold(wanted, source.read(answer).playlist, answer);
  } finally {
    busy.probe = false;
  }
}
