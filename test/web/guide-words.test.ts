import t from "tap";
import { guideEn, type GuideKey } from "../../web/i18n/guide-en.ts";
import { guideZh } from "../../web/i18n/guide-zh.ts";

const holes = (text: string): string[] => (text.match(/\{\w+\}/g) ?? []).sort();
const keys = Object.keys(guideEn) as GuideKey[];

t.test(
  "web guide words: Chinese and English have the same keys, with the same things filled in",
  async (t) => {
    t.same(Object.keys(guideZh).sort(), [...keys].sort());
    for (const key of keys) t.same(holes(guideZh[key]), holes(guideEn[key]), key);
  },
);

t.test("web guide words: Chinese words are Chinese", async (t) => {
  const foreign = keys.filter((key) => !/\p{Script=Han}/u.test(guideZh[key]));
  t.same(foreign.sort(), ["span", "when"]);
});
