import { Value } from "typebox/value";
import { Guide, GuideFound, type Programme } from "../../src/protocol/api.ts";
import { Refusal } from "./refusal.ts";

const DAY = 86_400_000;
const MOST_CHANNELS = 64;

/** The schedule, as `GET /api/v1/guide` and its search tell it, with their parameters and limits. */
export class FakeGuide {
  /** Each channel's programmes, in order. */
  programmes = new Map<string, readonly Programme[]>();
  /** Every request, path and query. */
  readonly asked: string[] = [];
  /** What is refused. */
  fails: (url: URL) => boolean = () => false;
  /** Milliseconds before each answer. */
  delay = 0;

  /** @param channels ids, in the order of the list @returns null when the route is none of these */
  async answer(route: string, url: URL, channels: readonly string[]): Promise<object | null> {
    if (route !== "GET /guide" && route !== "GET /guide/search") return null;
    this.asked.push(url.pathname + url.search);
    if (this.delay > 0) await new Promise((resolve) => setTimeout(resolve, this.delay));
    if (this.fails(url)) throw new Refusal(503, "internal");
    const [schema, answer] =
      route === "GET /guide"
        ? [Guide, this.#window(url, channels)]
        : [GuideFound, this.#search(url, channels)];
    if (!Value.Check(schema, answer)) throw new Error(`${url.pathname}: not as the schema has it`);
    return answer;
  }

  #window({ searchParams }: URL, channels: readonly string[]): Guide {
    const from = time(searchParams.get("from")) ?? Date.now();
    const to = time(searchParams.get("to")) ?? from + DAY;
    const wanted = searchParams.getAll("channel");
    if (!(to > from) || wanted.length > MOST_CHANNELS) throw new Refusal(400, "body-invalid");
    const some = wanted.length === 0 ? channels : wanted.filter((id) => channels.includes(id));
    if (some.length === 0) throw new Refusal(404, "channel-not-found");
    return {
      channels: some.map((channel) => ({
        channel,
        programmes: (this.programmes.get(channel) ?? []).filter(
          ({ startsAt, endsAt }) => Date.parse(startsAt) < to && Date.parse(endsAt) > from,
        ),
      })),
    };
  }

  #search({ searchParams }: URL, channels: readonly string[]): GuideFound {
    const text = searchParams.get("q") ?? "";
    const limit = Number(searchParams.get("limit") ?? 50);
    if (text.length < 1 || text.length > 200 || !(limit >= 1 && limit <= 200))
      throw new Refusal(400, "body-invalid");
    const words = text.toLowerCase().split(/\s+/).filter(Boolean);
    const has = (where: string): boolean => words.every((word) => where.toLowerCase().includes(word));
    const found = channels.flatMap((channel) =>
      (this.programmes.get(channel) ?? [])
        .filter(
          ({ endsAt, title, description }) =>
            Date.parse(endsAt) > Date.now() && has(`${title}\n${description}`),
        )
        .map((programme) => ({ channel, programme })),
    );
    found.sort(
      (a, b) =>
        Number(has(b.programme.title)) - Number(has(a.programme.title)) ||
        Date.parse(a.programme.startsAt) - Date.parse(b.programme.startsAt),
    );
    return { found: found.slice(0, limit) };
  }
}

function time(text: string | null): number | null {
  if (text === null) return null;
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/.test(text)) throw new Refusal(400, "body-invalid");
  return Date.parse(text);
}
