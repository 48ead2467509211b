import t from "tap";
import { pairEn } from "../../web/i18n/pair-en.ts";
import { pairZh } from "../../web/i18n/pair-zh.ts";
import { settingsEn } from "../../web/i18n/settings-en.ts";
import { settingsZh } from "../../web/i18n/settings-zh.ts";
import { watchEn } from "../../web/i18n/watch-en.ts";
import { watchZh } from "../../web/i18n/watch-zh.ts";

type Words = Readonly<Record<string, string>>;
const CODECS = ["avc", "hevc", "mpeg2", "aac", "he-aac", "mp2", "opus"].map((name) => `codec.${name}`);
/** Of each part: both languages, and what is the same in both. */
const PARTS: Readonly<Record<string, readonly [Words, Words, readonly string[]]>> = {
  pair: [pairEn, pairZh, []],
  settings: [settingsEn, settingsZh, []],
  watch: [watchEn, watchZh, [...CODECS, "facts.megabits", "facts.of"]],
};

const holes = (text: string | undefined): string[] => (text?.match(/\{\w+\}/g) ?? []).sort();

for (const [part, [en, zh, same]] of Object.entries(PARTS))
  t.test(
    `web ${part} words: both languages have the same keys and holes, and Chinese is Chinese`,
    async (t) => {
      t.same(Object.keys(zh).sort(), Object.keys(en).sort());
      for (const key of Object.keys(en)) t.same(holes(zh[key]), holes(en[key]), key);
      const foreign = Object.keys(en).filter((key) => !/\p{Script=Han}/u.test(zh[key] ?? ""));
      t.same(foreign.sort(), [...same].sort());
    },
  );
