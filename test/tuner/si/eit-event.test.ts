import t from "tap";
import { decodeEvent, encodeEvent, type EitEvent } from "../../../src/tuner/si/eit-event.ts";
import { eachDescriptor, shortEventDescriptor, TAG } from "../../../src/tuner/si/descriptors.ts";

const event: EitEvent = {
  eventId: 1,
  startsAt: 0,
  durationMs: 0,
  runningStatus: 4,
  freeCaMode: false,
  title: "News",
  description: "",
  language: "eng",
  content: [],
  rating: [],
};

/** An extended event descriptor: numbers, language, items of name and value, text. */
function extended(
  number: number,
  last: number,
  language: string,
  items: [string, string][],
  text: string,
): Buffer {
  const counted = (value: string): Buffer =>
    Buffer.concat([Buffer.from([value.length]), Buffer.from(value, "latin1")]);
  const list = Buffer.concat(items.flatMap(([name, value]) => [counted(name), counted(value)]));
  const body = Buffer.concat([
    Buffer.from([(number << 4) | last]),
    Buffer.from(language),
    Buffer.from([list.length]),
    list,
    counted(text),
  ]);
  return Buffer.concat([Buffer.from([TAG.extendedEvent, body.length]), body]);
}

t.test("si events: extended texts run on, items follow on lines of their own", (t) => {
  const loop = Buffer.concat([
    shortEventDescriptor("eng", "Film", "A short word."),
    extended(0, 1, "eng", [["Director", "X"]], "The first ha"),
    extended(1, 1, "eng", [["", "1984"]], "lf and the second."),
  ]);
  t.equal(decodeEvent(loop).description, "A short word.\nThe first half and the second.\nDirector: X\n1984");
  t.end();
});

t.test("si events: a short text that the extended one repeats is said once", (t) => {
  const loop = Buffer.concat([
    shortEventDescriptor("eng", "F", "A word"),
    extended(0, 0, "eng", [], "A word and more"),
  ]);
  t.equal(decodeEvent(loop).description, "A word and more");
  t.end();
});

t.test("si events: of several languages the first, and its extended text", (t) => {
  const loop = Buffer.concat([
    shortEventDescriptor("fra", "Journal", "Court."),
    shortEventDescriptor("eng", "News", "Short."),
    extended(0, 0, "eng", [], "Long."),
    extended(0, 0, "fra", [], "Complet."),
  ]);
  t.match(decodeEvent(loop), { title: "Journal", language: "fra", description: "Court.\nComplet." });
  t.end();
});

t.test("si events: ratings by age; a broadcaster's own are left out", (t) => {
  const loop = Buffer.from("5510" + "46524100" + "46524107" + "4742520f" + "46524110", "hex");
  t.same(decodeEvent(loop).rating, [
    { country: "FRA", age: 10 },
    { country: "GBR", age: 18 },
  ]);
  t.end();
});

t.test("si events: a short description in the short event, a long one in extended events", (t) => {
  const tags = (description: string): number[] =>
    [...eachDescriptor(encodeEvent({ ...event, description }))].map((one) => one.tag);
  t.same(tags("x".repeat(246)), [TAG.shortEvent]);
  t.same(tags("x".repeat(247)), [TAG.shortEvent, TAG.extendedEvent]);
  t.same(tags("x".repeat(250)), [TAG.shortEvent, TAG.extendedEvent, TAG.extendedEvent]);
  const chinese = "臺灣好味道".repeat(60);
  t.equal(decodeEvent(encodeEvent({ ...event, description: chinese })).description, chinese);
  t.end();
});

t.test("si events: beyond sixteen descriptors the description is cut, between characters", (t) => {
  const description = "é中".repeat(2000);
  const decoded = decodeEvent(encodeEvent({ ...event, title: "中".repeat(200), description }));
  t.ok(description.startsWith(decoded.description));
  t.ok(decoded.description.length > 1500);
  t.equal(decoded.title, "中".repeat(82));
  t.end();
});

t.test("si events: no descriptors, no words", (t) => {
  t.same(decodeEvent(Buffer.alloc(0)), {
    title: "",
    description: "",
    language: null,
    content: [],
    rating: [],
  });
  t.end();
});
