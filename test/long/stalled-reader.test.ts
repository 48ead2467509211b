import { createHash } from "node:crypto";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import t, { type Test } from "tap";
import type { Session } from "../../src/cli/remote/session.ts";
import { channelsOf, pair, settled } from "../bench/viewer.ts";
import { eventually, startDaemon, type Daemon } from "../helpers/daemon.ts";
import { lasting, sleep } from "./lasting.ts";
import { PartReader, renditionsOf, type SeenPart } from "./part-reader.ts";
import { play, type Playing } from "./playing.ts";

/** Each measurement, before and with the stalled one. */
const SECONDS = lasting(45);
const READERS = 16;
const CHANNELS = 12;
/** Four each for a client: the box gives no more. */
const PER_CLIENT = 4;
/** A machine that does other things too moves the figure by itself: of so many tries the best counts. */
const TRIES = 3;
/** What the others' p99 may move by, and below which milliseconds it is but noise. */
const MOVED = 1.2;
const NOISE = 4;
/** Services of two multiplexes, as there are two tuners, with pictures of their own. */
const WATCHED = ["晴空综合", "晴空新闻", "Rivage Cinéma", "Rivage Jeunesse"];

interface Received {
  readonly channel: string;
  readonly reader: number;
  readonly seen: SeenPart;
}

/** Sixteen readers of parts, four channels; they read until they are closed. */
class Readers {
  /** Latencies since it was last asked, ms. */
  #latencies: number[] = [];
  /** Digest of each part, by name: what the first reader of it received. */
  readonly #digests = new Map<string, { digest: string; channel: string }>();
  readonly #over = new AbortController();
  readonly #work: Promise<void>[] = [];
  compared = 0;
  readonly faults: string[] = [];

  start(channel: string, multivariant: string, reader: number): void {
    const http = new PartReader();
    const run = async (): Promise<void> => {
      const renditions = await renditionsOf(http, multivariant);
      const take = (seen: SeenPart): void => this.#take({ channel, reader, seen });
      await Promise.all(renditions.map((one) => http.follow(one, this.#over.signal, take)));
    };
    this.#work.push(
      run().catch((error: unknown) => {
        if (!this.#over.signal.aborted) this.faults.push(`reader ${reader} of ${channel}: ${String(error)}`);
      }),
    );
    this.#over.signal.addEventListener("abort", () => http.close());
  }

  /** What came in so many seconds from now. @returns p99 of the latencies, ms */
  async measure(seconds: number): Promise<{ p99: number; parts: number }> {
    this.#latencies = [];
    await sleep(seconds * 1000);
    const sorted = this.#latencies.sort((a, b) => a - b);
    return { p99: sorted[Math.floor(sorted.length * 0.99)] ?? NaN, parts: sorted.length };
  }

  async close(): Promise<void> {
    this.#over.abort();
    await Promise.all(this.#work);
  }

  #take({ channel, reader, seen }: Received): void {
    this.#latencies.push(seen.answer.took);
    const { name, answer } = seen;
    const digest = createHash("sha256").update(answer.body).digest("base64");
    const known = this.#digests.get(name);
    if (known === undefined) {
      // The picture of one channel is nobody else's; the mock's sounds are shared by some.
      for (const [other, { digest: theirs, channel: owner }] of this.#digests)
        if (theirs === digest && owner !== channel && name.includes("/v0/"))
          this.faults.push(`${name} of ${channel} has the bytes of ${other}, which is ${owner}'s`);
      this.#digests.set(name, { digest, channel });
      if (this.#digests.size > 2000) this.#digests.delete(this.#digests.keys().next().value!);
      return;
    }
    this.compared++;
    if (known.digest !== digest)
      this.faults.push(`reader ${reader} of ${channel} received other bytes of ${name} than another one did`);
    if (answer.body.toString("latin1", 4, 8) !== "moof") this.faults.push(`${name} is no fragment`);
  }
}

/** Asks for segments one behind the other on one connection, reads the first headers and then nothing more. */
async function stalled(t: Test, box: Daemon, multivariant: string): Promise<Socket> {
  const http = new PartReader();
  const [rendition] = await renditionsOf(http, multivariant);
  const { body } = await http.get(rendition!);
  http.close();
  const names = body.toString().match(/^[^#\n].*\.m4s$/gm) ?? [];
  const paths = names.map((name) => new URL(name, rendition).pathname);
  // A small window: what is sent is held by the box, and not by the kernel of the one who reads nothing.
  const socket = connect({ port: box.http, host: "127.0.0.1" });
  socket.on("error", () => undefined);
  t.teardown(() => socket.destroy());
  await once(socket, "connect");
  const asked = [...paths, ...paths, ...paths].slice(0, 20);
  socket.write(asked.map((path) => `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${box.http}\r\n\r\n`).join(""));
  const [first] = (await once(socket, "data")) as [Buffer];
  socket.pause();
  t.match(first.toString("latin1", 0, 15), "HTTP/1.1 200 OK", "it has its headers");
  return socket;
}

/** Answers that were cut off, as the box counts them; NaN where it does not. */
async function cutOffs(box: Daemon): Promise<number> {
  const socket = connect(join(box.state, "control.sock"));
  socket.write("GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  let text = "";
  for await (const piece of socket) text += String(piece);
  return Number(/^tellyport_media_cut_off_total(?:\{[^}]*\})? (\d+)/m.exec(text)?.[1] ?? NaN);
}

t.test(
  `stalled reader: one beside ${READERS} others delays nobody, sees nobody's bytes, and is cut off`,
  { timeout: (TRIES * 2 * SECONDS + 300) * 1000 },
  async (t) => {
    const box = await startDaemon(t);
    await settled(box, CHANNELS);
    const readers = new Readers();
    // One after the other: few codes may be open at a time.
    const sessions: Session[] = [];
    for (let i = 1; i <= READERS / PER_CLIENT; i++) sessions.push(await pair(t, box, `readers ${i}`));
    const listing = await channelsOf(sessions[0]!);
    const ids = WATCHED.map((name) => ({ name, id: listing.find((one) => one.name === name)!.id }));
    const playings: Playing[] = [];
    for (const [i, session] of sessions.entries()) {
      for (const [k, { name, id }] of ids.entries()) {
        const playing = await play(box, session, id);
        playings.push(playing);
        readers.start(name, playing.url, i * PER_CLIENT + k);
      }
    }
    const victim = await pair(t, box, "stalled");
    await sleep(8000);

    let best = Infinity;
    for (let attempt = 1; attempt <= TRIES && best > MOVED; attempt++) {
      const before = await readers.measure(SECONDS);
      // Begun only now: a playback of which nothing is asked ends by itself.
      const theirs = await play(box, victim, ids[0]!.id);
      const socket = await stalled(t, box, theirs.url);
      const from = performance.now();
      let closedAfter = NaN;
      socket.once("close", () => (closedAfter = (performance.now() - from) / 1000));
      const beside = await readers.measure(SECONDS);
      const moved = beside.p99 <= NOISE ? 1 : beside.p99 / before.p99;
      best = Math.min(best, moved);
      // A paused socket is told of the end only when it reads: what is left then is what the kernels held.
      socket.resume();
      await eventually("the stalled one was cut off", () => !Number.isNaN(closedAfter), 60_000);
      t.comment(
        `try ${attempt}: p99 ${before.p99.toFixed(1)} ms of ${before.parts} parts before, ` +
          `${beside.p99.toFixed(1)} ms of ${beside.parts} with it (${moved.toFixed(2)})`,
      );
      t.ok(beside.parts > SECONDS * READERS, `${beside.parts} parts`);
    }
    t.ok(best <= MOVED, `p99 moved by ${((best - 1) * 100).toFixed(0)} %`);
    t.same(readers.faults, [], "everybody received the bytes of the own channel, and was answered");
    t.ok(readers.compared > SECONDS * READERS, `${readers.compared} parts were compared`);
    t.ok((await cutOffs(box)) > 0, "it was counted: tellyport_media_cut_off_total");
    await readers.close();
    await Promise.all(playings.map((playing) => playing.stop()));
  },
);
