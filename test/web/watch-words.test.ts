import t from "tap";
import { watchEn, type WatchKey } from "../../web/i18n/watch-en.ts";
import { watchZh } from "../../web/i18n/watch-zh.ts";

const holes = (text: string): string[] => (text.match(/\{\w+\}/g) ?? []).sort();

t.test("web watch words: both languages have the same keys and holes, and Chinese is Chinese", async (t) => {
  t.same(Object.keys(watchZh).sort(), Object.keys(watchEn).sort());
  const keys = Object.keys(watchEn) as WatchKey[];
  for (const key of keys) t.same(holes(watchZh[key]), holes(watchEn[key]), key);
  const foreign = keys.filter((key) => !/\p{Script=Han}/u.test(watchZh[key]));
  const names = [
    "codec.avc",
    "codec.hevc",
    "codec.mpeg2",
    "codec.aac",
    "codec.he-aac",
    "codec.mp2",
    "codec.opus",
  ];
  t.same(foreign.sort(), [...names, "facts.megabits", "facts.of"].sort());
});
