import { PassThrough, type Readable } from "node:stream";
import type { Clock, Timer } from "../../kernel/clock.ts";
import { TellyportError } from "../../kernel/errors.ts";
import type { Channel, ServerEvents } from "../../protocol/api.ts";
import type { Principal } from "../../protocol/principal.ts";

export interface EventStreamsOptions {
  /** The list of channels as somebody sees it. */
  readonly channels: (principal: Principal) => Channel[];
  /** Whether somebody sees another one than others of its role. Default: none does. */
  readonly hasOwnView?: (principal: Principal) => boolean;
  readonly clock: Clock;
  readonly inAll: number;
  readonly perClient: number;
}

interface Listener {
  readonly principal: Principal;
  readonly stream: PassThrough;
  /** Each channel as it was last sent. */
  sent: Map<string, string>;
}

/** At most one `channels` event in so many ms. */
const COALESCE = 1000;
const HEARTBEAT = 15_000;
/** Ms until a stream that was ended is cut off. */
const LAST_WORDS = 2000;
/** Bytes that may wait for one listener before it is cut off. */
const MAX_WAITING = 1024 * 1024;

/** Server-Sent Events: a snapshot, then changes. @see https://html.spec.whatwg.org/multipage/server-sent-events.html */
export class EventStreams {
  readonly #options: EventStreamsOptions;
  readonly #listeners = new Set<Listener>();
  #pending: Timer | null = null;
  #heartbeat: Timer | null = null;

  constructor(options: EventStreamsOptions) {
    this.#options = options;
  }

  start(): void {
    this.#heartbeat = this.#options.clock.every(HEARTBEAT, () => {
      for (const listener of this.#listeners) write(listener, ": still here\n\n");
      // Programmes begin and end without anybody saying so.
      this.channelsChanged();
    });
  }

  stop(): void {
    this.#heartbeat?.cancel();
    this.#pending?.cancel();
    for (const { stream } of [...this.#listeners]) stream.end();
  }

  get size(): number {
    return this.#listeners.size;
  }

  /**
   * Opens one; the client's oldest ends when it has too many.
   * @throws TellyportError `too-many-event-streams`
   */
  open(principal: Principal): Readable {
    const own = [...this.#listeners].filter((listener) => listener.principal.client === principal.client);
    if (own[0] !== undefined && own.length >= this.#options.perClient) {
      this.#listeners.delete(own[0]);
      own[0].stream.destroy();
    }
    if (this.#listeners.size >= this.#options.inAll) {
      throw new TellyportError(
        "too-many-event-streams",
        "The box serves as many as it can. Try again later.",
        {
          retryAfterMs: 10_000,
        },
      );
    }
    const stream = new PassThrough();
    const listener: Listener = { principal, stream, sent: new Map() };
    this.#listeners.add(listener);
    stream.once("close", () => this.#listeners.delete(listener));
    stream.once("end", () => this.#listeners.delete(listener));
    const channels = this.#options.channels(principal);
    for (const channel of channels) listener.sent.set(channel.id, JSON.stringify(channel));
    send(listener, "snapshot", { channels });
    return stream;
  }

  /** Something about a channel may have changed: whoever listens is told what, at most once a second. */
  channelsChanged(): void {
    if (this.#listeners.size === 0) return;
    this.#pending ??= this.#options.clock.after(COALESCE, () => {
      this.#pending = null;
      this.#sendChanges();
    });
  }

  /** Tells a client. */
  tell<Name extends keyof ServerEvents>(client: string, name: Name, data: ServerEvents[Name]): void {
    for (const listener of this.#listeners)
      if (listener.principal.client === client) send(listener, name, data);
  }

  /** Tells every owner. */
  tellOwners<Name extends keyof ServerEvents>(name: Name, data: ServerEvents[Name]): void {
    for (const listener of this.#listeners)
      if (listener.principal.role === "owner") send(listener, name, data);
  }

  /** Tells every owner, and the box's own screen. */
  tellAtBox<Name extends keyof ServerEvents>(name: Name, data: ServerEvents[Name]): void {
    for (const listener of this.#listeners) {
      const { role, screen } = listener.principal;
      if (role === "owner" || screen === true) send(listener, name, data);
    }
  }

  /** Ends all event streams of a client. What was told last may still be read, for a moment. */
  closeOf(client: string): void {
    for (const listener of [...this.#listeners]) {
      if (listener.principal.client !== client) continue;
      this.#listeners.delete(listener);
      const { stream } = listener;
      stream.end();
      const late = this.#options.clock.after(LAST_WORDS, () => stream.destroy());
      stream.once("close", () => late.cancel());
    }
  }

  #sendChanges(): void {
    const byView = new Map<string, { channels: Channel[]; texts: string[] }>();
    for (const listener of this.#listeners) {
      const { client, role } = listener.principal;
      const view =
        this.#options.hasOwnView?.(listener.principal) === true ? `client ${client}` : `role ${role}`;
      let list = byView.get(view);
      if (list === undefined) {
        const channels = this.#options.channels(listener.principal);
        list = { channels, texts: channels.map((channel) => JSON.stringify(channel)) };
        byView.set(view, list);
      }
      const { channels, texts } = list;
      const changed = channels.filter((channel, i) => listener.sent.get(channel.id) !== texts[i]);
      const sent = new Map(channels.map((channel, i) => [channel.id, texts[i] ?? ""]));
      const removed = [...listener.sent.keys()].some((id) => !sent.has(id));
      listener.sent = sent;
      // Changes cannot say that a channel was hidden; the whole list can.
      if (removed) send(listener, "snapshot", { channels });
      else if (changed.length > 0) send(listener, "channels", { channels: changed });
    }
  }
}

function send<Name extends keyof ServerEvents>(
  listener: Listener,
  name: Name,
  data: ServerEvents[Name],
): void {
  write(listener, `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`);
}

function write(listener: Listener, text: string): void {
  const { stream } = listener;
  if (stream.writableEnded || stream.destroyed) return;
  stream.write(text);
  if (stream.readableLength + stream.writableLength > MAX_WAITING) stream.destroy();
}
