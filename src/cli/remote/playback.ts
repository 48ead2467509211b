import { StringDecoder } from "node:string_decoder";
import * as Type from "typebox";
import type { Static } from "typebox";
import { Value } from "typebox/value";
import { sleep, type Clock } from "../../kernel/clock.ts";
import { TellyportError, isTellyportError } from "../../kernel/errors.ts";
import { Playback, type PlaybackRequest } from "../../protocol/api.ts";
import { EventStreamParser } from "./event-stream.ts";
import { errorFromProblem } from "./problem.ts";
import type { Session } from "./session.ts";

/** Renewal while it plays: a third of the idle time after which a box ends a playback nobody asks for. */
export const RENEW_MS = 20_000;
/** After a renewal that got no answer. */
const RETRY_MS = 2000;
/** So long may the box be out of reach before the playback is given up. */
const GIVE_UP_MS = 60_000;
/** Before the event stream is asked for again. */
const RECONNECT_MS = 5000;
/** A cold start tunes, locks and waits for a random access point. */
const START_TIMEOUT_MS = 45_000;

const Anything = Type.Unknown();
const Ended = Type.Object({ id: Type.String(), code: Type.String(), title: Type.String() });
type Ended = Static<typeof Ended>;

/** In which form a player wants it; as the box's API says. */
export type PlaybackForm = Pick<PlaybackRequest, "container" | "lowLatency" | "quality">;

/**
 * @param form default: whole segments, which every player knows
 * @throws TellyportError why the box does not play it
 */
export function startPlayback(
  session: Session,
  channel: string,
  signal: AbortSignal,
  form: PlaybackForm = {},
): Promise<Playback> {
  return session.call(Playback, {
    method: "POST",
    path: "/api/v1/playback",
    body: { channel, lowLatency: false, ...form },
    signal,
    timeoutMs: START_TIMEOUT_MS,
  });
}

/** Lets the box use the tuner for others at once. */
export async function releasePlayback(session: Session, id: string): Promise<void> {
  try {
    await session.call(Anything, {
      method: "DELETE",
      path: `/api/v1/playback/${encodeURIComponent(id)}`,
      signal: new AbortController().signal,
      timeoutMs: 5000,
    });
  } catch (error) {
    // It has ended already, or the box is away and ends what nobody asks for by itself.
    if (!isTellyportError(error)) throw error;
  }
}

/**
 * Keeps a playback alive until `signal` aborts (then null), or until the box ends it.
 * @returns why the box ended it
 */
export async function keepPlaybackAlive(
  session: Session,
  id: string,
  options: { clock: Clock; signal: AbortSignal },
): Promise<TellyportError | null> {
  const over = new AbortController();
  const signal = AbortSignal.any([options.signal, over.signal]);
  let reason: TellyportError | null = null;
  const end = (error: TellyportError): void => {
    if (!signal.aborted) reason = error;
    over.abort(error);
  };
  const settled = await Promise.allSettled([
    renewForever(session, id, options.clock, signal).then(end),
    watchForever(session, id, options.clock, signal).then((error) => error !== null && end(error)),
  ]);
  for (const one of settled) {
    if (one.status === "rejected" && !signal.aborted) throw one.reason;
  }
  return reason;
}

/** @returns why it cannot go on; rejects when the signal aborts */
async function renewForever(
  session: Session,
  id: string,
  clock: Clock,
  signal: AbortSignal,
): Promise<TellyportError> {
  let lastGood = clock.monotonic();
  let pause = RENEW_MS;
  for (;;) {
    await sleep(clock, pause, signal);
    try {
      const path = `/api/v1/playback/${encodeURIComponent(id)}/renew`;
      await session.call(Anything, { method: "POST", path, signal });
      lastGood = clock.monotonic();
      pause = RENEW_MS;
    } catch (error) {
      signal.throwIfAborted();
      if (!isTellyportError(error)) throw error;
      if (!isPassing(error) || clock.monotonic() - lastGood > GIVE_UP_MS) return error;
      pause = Math.max(RETRY_MS, error.retryAfterMs ?? 0);
    }
  }
}

/** The event stream tells at once what a renewal would tell later. @returns null when the box has no such stream for this client */
async function watchForever(
  session: Session,
  id: string,
  clock: Clock,
  signal: AbortSignal,
): Promise<TellyportError | null> {
  for (;;) {
    try {
      const ended = await watch(session, id, signal);
      if (ended !== null) return errorFromProblem(410, { type: "", status: 410, ...ended });
    } catch (error) {
      signal.throwIfAborted();
      if (!isTellyportError(error)) throw error;
      if (!isPassing(error)) return null;
    }
    await sleep(clock, RECONNECT_MS, signal);
  }
}

/** @returns the event that ended this playback, or null when the stream came to an end */
async function watch(session: Session, id: string, signal: AbortSignal): Promise<Ended | null> {
  const response = await session.open(
    { method: "GET", path: "/api/v1/events", signal },
    { accept: "text/event-stream" },
  );
  const parser = new EventStreamParser();
  const decoder = new StringDecoder("utf8");
  try {
    if (response.statusCode !== 200) throw errorFromProblem(response.statusCode ?? 0, null);
    for await (const chunk of response as AsyncIterable<Buffer>) {
      for (const { event, data } of parser.push(decoder.write(chunk))) {
        if (event !== "playback-ended") continue;
        const ended = parseEnded(data);
        if (ended?.id === id) return ended;
      }
    }
    return null;
  } catch (error) {
    if (isTellyportError(error)) throw error;
    throw new TellyportError("box-unreachable", "The box's events broke off.", { cause: error });
  } finally {
    response.destroy();
  }
}

function parseEnded(data: string): Ended | null {
  try {
    const value: unknown = JSON.parse(data);
    return Value.Check(Ended, value) ? value : null;
  } catch {
    // An event of another version: the renewal will tell.
    return null;
  }
}

function isPassing(error: TellyportError): boolean {
  return (
    error.kind === "unavailable" ||
    error.kind === "timeout" ||
    error.kind === "busy" ||
    error.kind === "internal"
  );
}
