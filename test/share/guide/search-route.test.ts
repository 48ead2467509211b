import fc from "fast-check";
import t from "tap";
import type { Channel, GuideFound } from "../../../src/protocol/api.ts";
import type { GuideEvent } from "../../../src/tuner/ports.ts";
import { house, service, type House } from "../fakes.ts";

const MINUTE = 60_000;
const headers = { "x-client": "owner:owner" };

/** @param from minutes from now */
const event = (h: House, eventId: number, from: number, more: Partial<GuideEvent> = {}): GuideEvent => ({
  service: service(1).key,
  eventId,
  startsAt: h.clock.now() + from * MINUTE,
  endsAt: h.clock.now() + (from + 30) * MINUTE,
  title: `Programme ${eventId}`,
  description: "",
  language: "eng",
  ...more,
});

const get = (h: House, query: string) => h.app.inject({ url: `/api/v1/guide/search${query}`, headers });
const found = async (h: House, q: string, rest = ""): Promise<GuideFound["found"]> => {
  const answer = await get(h, `?q=${encodeURIComponent(q)}${rest}`);
  if (answer.statusCode !== 200) throw new Error(answer.body);
  return answer.json().found;
};
const titles = async (h: House, q: string, rest = ""): Promise<string[]> =>
  (await found(h, q, rest)).map(({ programme }) => programme.title);

t.test("search: what is not over, titles first, then by time, with the channel it is on", async (t) => {
  const h = await house(t, [service(1), service(2)]);
  const events = [
    event(h, 1, 60, { title: "Late film" }),
    event(h, 2, 0, { title: "News", description: "And then the film" }),
    event(h, 3, -90, { title: "Film that is over" }),
    event(h, 4, -10, { title: "Film that runs", service: service(2).key }),
  ];
  h.tuners.emit({ kind: "guide", events });
  t.same(await titles(h, "film"), ["Film that runs", "Late film", "News"]);
  t.same(await titles(h, "FILM Late"), ["Late film"]);
  t.same(await titles(h, "film", "&limit=1"), ["Film that runs"]);
  t.same(await titles(h, "nothing like it"), []);
  const channels: Channel[] = (await h.app.inject({ url: "/api/v1/channels", headers })).json().channels;
  t.same(
    (await found(h, "film")).map(({ channel }) => channels.find(({ id }) => id === channel)?.name),
    ["Channel 2", "Channel 1", "Channel 1"],
  );
  t.equal((await get(h, "?q=film")).headers["cache-control"], "no-store");
});

t.test("search: hidden channels are not looked at", async (t) => {
  const h = await house(t, [service(1), service(2, { visible: false })]);
  h.tuners.emit({ kind: "guide", events: [event(h, 1, 0), event(h, 2, 0, { service: service(2).key })] });
  t.same(await titles(h, "programme"), ["Programme 1"]);
  const [{ id }] = (await h.app.inject({ url: "/api/v1/channels", headers })).json().channels as [Channel];
  const patch = {
    method: "PATCH",
    url: `/api/v1/channels/${id}`,
    headers,
    payload: { hidden: true },
  } as const;
  t.equal((await h.app.inject(patch)).statusCode, 200);
  t.same(await titles(h, "programme"), []);
});

t.test("search: a query that says too little or too much is refused in words", async (t) => {
  const h = await house(t, [service(1)]);
  const long = "x".repeat(201);
  for (const query of [
    "",
    "?q=",
    `?q=${long}`,
    "?limit=5",
    "?q=a&limit=0",
    "?q=a&limit=201",
    "?q=a&limit=many",
  ]) {
    const answer = await get(h, query);
    t.match(answer.json(), { status: 400, code: "body-invalid" }, query.slice(0, 20));
    t.match(answer.headers["content-type"], /^application\/problem\+json/);
    t.notMatch(answer.body, /src\/|node_modules/);
  }
  t.same(await titles(h, "   "), [], "no words, nothing found");
});

t.test("search: any text is looked for as it is", async (t) => {
  const h = await house(t, [service(1)]);
  const odd = [
    "50% off_",
    "(.*",
    'He said "no"',
    "C:\\path\\to",
    "a'; DROP TABLE x;--",
    "[a-z]+?",
    "🎬 night",
    "{}",
  ];
  h.tuners.emit({ kind: "guide", events: odd.map((title, n) => event(h, n, n * 30, { title })) });
  for (const title of odd) t.same(await titles(h, title), [title], title);
  await fc.assert(
    fc.asyncProperty(fc.string({ minLength: 1, maxLength: 40, unit: "binary" }), async (text) => {
      const answer = await get(h, `?q=${encodeURIComponent(text)}`);
      return (
        answer.statusCode === 200 || (answer.statusCode === 400 && answer.json().code === "body-invalid")
      );
    }),
    { numRuns: 60 },
  );
});

t.test("guide: what is known of a programme is told, what is not is absent", async (t) => {
  const h = await house(t, [service(1)]);
  const events = [
    event(h, 1, 0, {
      title: "Film",
      subtitle: "Part one",
      description: "Part one\nA long one",
      genres: [0x14, 0x20, 0x01, 0xb3],
      minimumAge: 16,
      programmeCrid: "crid://tv.example/f1",
      seriesCrid: "crid://tv.example/s",
    }),
    event(h, 2, 30, { title: "Plain", language: null }),
    event(h, 3, 60, { title: "Of a series", minimumAge: 0, seriesCrid: "/S" }),
  ];
  h.tuners.emit({ kind: "guide", events });
  const at = (from: number): string => new Date(h.clock.now() + from * MINUTE).toISOString();
  const expected = [
    {
      title: "Film",
      description: "Part one\nA long one",
      language: "eng",
      startsAt: at(0),
      endsAt: at(30),
      subtitle: "Part one",
      genres: [
        { code: 0x14, name: "movie/drama", detail: "comedy" },
        { code: 0x20, name: "news/current affairs", detail: null },
        { code: 0xb3, name: "special characteristics", detail: "live broadcast" },
      ],
      minimumAge: 16,
      series: { programme: "crid://tv.example/f1", series: "crid://tv.example/s" },
    },
    { title: "Plain", description: "", language: null, startsAt: at(30), endsAt: at(60) },
    {
      title: "Of a series",
      description: "",
      language: "eng",
      startsAt: at(60),
      endsAt: at(90),
      minimumAge: 0,
      series: { programme: null, series: "/S" },
    },
  ];
  const guide = (await h.app.inject({ url: "/api/v1/guide", headers })).json();
  t.same(guide.channels[0].programmes, expected);
  t.same((await found(h, "film"))[0]?.programme, expected[0], "found as it is listed");
  const channels = (await h.app.inject({ url: "/api/v1/channels", headers })).json().channels;
  t.same([channels[0].now, channels[0].next], expected.slice(0, 2));
});
