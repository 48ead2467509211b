import fc from "fast-check";
import t from "tap";
import { EventStreamParser, type StreamedEvent } from "../../../src/cli/remote/event-stream.ts";
import { isTellyportError } from "../../../src/kernel/errors.ts";

const parse = (...pieces: string[]): StreamedEvent[] => {
  const parser = new EventStreamParser();
  return pieces.flatMap((piece) => parser.push(piece));
};

t.test("event stream: the examples of the standard", (t) => {
  t.same(parse("data: YHOO\ndata: +2\ndata: 10\n\n"), [{ event: "message", data: "YHOO\n+2\n10" }]);
  t.same(
    parse(": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event\n\n"),
    [
      { event: "message", data: "first event" },
      { event: "message", data: "second event" },
      { event: "message", data: " third event" },
    ],
  );
  t.same(parse("data\n\ndata\ndata\n\ndata:"), [
    { event: "message", data: "" },
    { event: "message", data: "\n" },
  ]);
  t.same(
    parse("event: a\n\ndata: b\n\n"),
    [{ event: "message", data: "b" }],
    "an event without data is none",
  );
  t.end();
});

t.test("event stream: split anywhere and with any line ends, the events are the same", (t) => {
  const whole = "event: snapshot\ndata: {}\n\n:keep\n\nevent: playback-ended\ndata: a\ndata: b\n\n";
  const expected = parse(whole);
  fc.assert(
    fc.property(fc.constantFrom("\n", "\r\n", "\r"), fc.array(fc.nat(120)), (end, cuts) => {
      const text = whole.replaceAll("\n", end);
      const places = [0, ...cuts.map((cut) => Math.min(cut, text.length)).sort((a, b) => a - b), text.length];
      const pieces = places.slice(1).map((place, index) => text.slice(places[index], place));
      t.same(parse(...pieces), expected);
    }),
    { numRuns: 200 },
  );
  t.end();
});

t.test("event stream: any text gives events, and endless ones a typed error", (t) => {
  fc.assert(fc.property(fc.array(fc.string({ unit: "binary" })), (pieces) => void parse(...pieces)));
  const endless = new EventStreamParser();
  let error: unknown;
  try {
    for (let i = 0; i < 100; i++) endless.push(`data: ${"x".repeat(1 << 20)}\n`);
  } catch (caught) {
    error = caught;
  }
  t.ok(isTellyportError(error, "box-unreachable"));
  t.end();
});
