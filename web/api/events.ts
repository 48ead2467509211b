/** One Server-Sent Event. */
export interface ServerEvent {
  readonly event: string;
  readonly data: string;
}

/** A longer line or event than this ends the stream: no box sends one, and memory stays bounded. */
const MAX_EVENT = 4 * 1024 * 1024;

/**
 * Takes text in pieces as it comes and returns the events that are complete.
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
 */
export function createEventParser(): (text: string) => ServerEvent[] {
  let rest = "";
  let event = "";
  let data: string[] = [];
  return (text) => {
    rest += text;
    if (rest.length > MAX_EVENT) throw new RangeError("event too long");
    const events: ServerEvent[] = [];
    // a CR at the very end may be the first half of CR LF: wait for the next piece
    const lines = rest.split(/\r\n|\n|\r(?!$)/);
    rest = lines.pop() ?? "";
    for (const line of lines) {
      if (line === "") {
        if (data.length > 0) events.push({ event: event || "message", data: data.join("\n") });
        event = "";
        data = [];
        continue;
      }
      const colon = line.indexOf(":");
      const field = colon < 0 ? line : line.slice(0, colon);
      const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
      if (field === "event") event = value;
      else if (field === "data") data.push(value);
    }
    return events;
  };
}

/** Milliseconds to wait before attempt `n` (from 0): doubling from half a second to 20 s, with a third of chance. */
export function backOff(attempt: number, chance = Math.random()): number {
  return Math.min(20_000, 500 * 2 ** Math.min(attempt, 6)) * (1 - chance / 3);
}
