import t from "tap";
import type { Programme } from "../../src/protocol/api.ts";
import { viewOf, WHOLE_VIEW } from "../../src/share/view.ts";
import { FakeRules } from "./fake-rules.ts";
import { principal } from "./fakes.ts";

const KID = principal("kim", "kid");
const START = Date.UTC(2026, 10, 20, 12);
const now = (minimumAge?: number): Programme => ({
  title: "A title",
  description: "What it is about.",
  language: "eng",
  startsAt: new Date(START).toISOString(),
  endsAt: new Date(START + 3_600_000).toISOString(),
  ...(minimumAge !== undefined && { minimumAge }),
});

t.test("view: pictures and words are of what the rules allow, with a rating or without", (t) => {
  for (const [ceiling, unrated, sees] of [
    // no rating, 6, 18, not known
    [null, true, [true, true, true, true]],
    [12, true, [true, true, false, false]],
    [null, false, [false, true, true, false]],
    [12, false, [false, true, false, false]],
  ] as const) {
    const rules = new FakeRules();
    Object.assign(rules, { ceiling, unrated });
    const view = viewOf(rules, KID);
    const name = `${ceiling} ${unrated}`;
    t.same(
      [now(), now(6), now(18), null].map((programme) => view.seesPicture(START + 1, programme)),
      sees,
      `${name}: pictures`,
    );
    t.same(
      [now(), now(6), now(18)].map((programme) => view.programme(programme).title !== ""),
      sees.slice(0, 3),
      `${name}: words`,
    );
    t.same(
      [null, 6, 18].map((age) => view.reads(age)),
      sees.slice(0, 3),
      `${name}: what is searched`,
    );
    t.equal(view.seesPicture(START - 1, now(6)), sees[3], `${name}: a picture of what was before`);
    t.equal(viewOf(rules, principal("vic")), WHOLE_VIEW);
  }
  t.end();
});
