import { TellyportError } from "../../kernel/errors.ts";

export interface StreamedEvent {
  /** `message` when the stream names none. */
  readonly event: string;
  readonly data: string;
}

/** The largest event that is read, in UTF-16 units: a snapshot of a thousand channels is a quarter of it. */
const MAX_EVENT_LENGTH = 8 * 1024 * 1024;

/**
 * Server-Sent Events from text in any pieces.
 * @see WHATWG HTML §9.2.6 "Interpreting an event stream" (`id` and `retry` have no use here)
 */
export class EventStreamParser {
  #rest = "";
  #afterReturn = false;
  #event = "";
  #data: string[] = [];
  #size = 0;

  /** @throws TellyportError `box-unreachable` when an event is larger than any real one */
  push(text: string): StreamedEvent[] {
    const events: StreamedEvent[] = [];
    let from = 0;
    for (let at = 0; at < text.length; at++) {
      const letter = text[at];
      const secondOfPair = this.#afterReturn && letter === "\n";
      this.#afterReturn = letter === "\r";
      if (letter !== "\n" && letter !== "\r") continue;
      if (!secondOfPair) {
        const line = this.#rest + text.slice(from, at);
        this.#rest = "";
        const event = this.#line(line);
        if (event !== null) events.push(event);
      }
      from = at + 1;
    }
    this.#rest += text.slice(from);
    this.#bound(this.#size + this.#rest.length);
    return events;
  }

  #line(line: string): StreamedEvent | null {
    if (line === "") return this.#dispatch();
    const colon = line.indexOf(":");
    if (colon === 0) return null;
    const field = colon === -1 ? line : line.slice(0, colon);
    const value = colon === -1 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (field === "event") this.#event = value;
    if (field === "data") {
      this.#data.push(value);
      this.#size += value.length;
      this.#bound(this.#size);
    }
    return null;
  }

  #dispatch(): StreamedEvent | null {
    const event =
      this.#data.length === 0
        ? null
        : { event: this.#event === "" ? "message" : this.#event, data: this.#data.join("\n") };
    this.#event = "";
    this.#data = [];
    this.#size = 0;
    return event;
  }

  #bound(size: number): void {
    if (size > MAX_EVENT_LENGTH)
      throw new TellyportError("box-unreachable", "The box's event is too large to be one.");
  }
}
