import type { Channel, Programme } from "../../src/protocol/api.ts";
import type { FakeBox } from "./fake-box.ts";

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
/** Lengths of programmes, in minutes, as stations have them. */
const LENGTHS = [5, 15, 25, 30, 45, 45, 60, 60, 90, 105, 120];
const KINDS = [
  "News",
  "Film",
  "Quiz",
  "Football",
  "Cartoon",
  "Concert",
  "Gallery",
  "Debate",
  "Science",
  "Garden",
];
const PLACES = [
  "Lyon",
  "Taipei",
  "the North",
  "Palermo",
  "the islands",
  "Quito",
  "the valley",
  "Oslo",
  "上海",
];
const GENRES = [0x20, 0x14, 0x31, 0x43, 0x55, 0x62, 0x70, 0x81, 0x92, 0xa6];
const STATIONS = ["Nova", "Canal", "Radio", "Arte", "央视", "Sport", "Kino", "Planet", "Regional", "Kids"];

/** The same numbers at each run. @returns 0 to `below` - 1 */
function numbers(seed: number): (below: number) => number {
  let state = seed * 2_654_435_761 + 1;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** One channel's programmes, without a break, over `days` from some hours before `at`. */
export function scheduleOf(seed: number, at: number, days = 7): Programme[] {
  const next = numbers(seed);
  const programmes: Programme[] = [];
  const midnight = new Date(at).setHours(0, 0, 0, 0);
  for (let from = midnight - 2 * 60 * MINUTE; from < midnight + days * DAY;) {
    const to = from + (LENGTHS[next(LENGTHS.length)] ?? 30) * MINUTE;
    const kind = next(KINDS.length);
    const code = GENRES[kind] ?? 0x20;
    programmes.push({
      title: `${KINDS[kind] ?? ""} from ${PLACES[next(PLACES.length)] ?? ""}`,
      subtitle: next(3) === 0 ? `Part ${next(12) + 1}` : "",
      description:
        "What there is to see and to hear, who was there and why, with reports from those who went to look for themselves.",
      language: "eng",
      startsAt: new Date(from).toISOString(),
      endsAt: new Date(to).toISOString(),
      genres: [{ code, name: "in English", detail: null }],
      ...(next(20) === 0 ? { minimumAge: 16 } : {}),
    });
    from = to;
  }
  return programmes;
}

/** So many channels and days as a large box has, in the list and in the guide. */
export function fillGuide(box: FakeBox, count = 200, days = 7): void {
  const [model] = box.channels;
  if (model === undefined) throw new Error("there is no channel to take after");
  const at = Date.now();
  box.channels = Array.from({ length: count }, (_, index): Channel => {
    const id = index === 0 ? "news" : index === 1 ? "arte" : `c${index + 1}`;
    const name = `${STATIONS[index % STATIONS.length] ?? ""} ${index + 1}`;
    const programmes = scheduleOf(index + 1, at, days);
    box.guide.programmes.set(id, programmes);
    const [now = null, next = null] = programmes.filter(({ endsAt }) => Date.parse(endsAt) > at);
    const availability = index === 3 ? "scrambled" : "free";
    return { ...model, id, name, number: index + 1, now, next, availability, scrambled: index === 3 };
  });
}
