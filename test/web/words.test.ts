import t from "tap";
import { ERROR_CODES } from "../../src/kernel/errors.ts";
import { en } from "../../web/i18n/en.ts";
import { ERROR_WORDS } from "../../web/i18n/errors.ts";
import { zh } from "../../web/i18n/zh.ts";

/** Codes that stay on the box: its start, its command line. */
const NEVER_ON_A_PHONE =
  /^(address-|config-|port-|state-|store-|source-|guide-source-|fetch-|dns-|sequence-|certificate-log-|box-not-trusted|credentials-missing|daemon-|player-failed|releases?-|usage)/;

const holes = (text: string): string[] => (text.match(/\{\w+\}/g) ?? []).sort();

t.test("web words: Chinese and English have the same keys, with the same things filled in", async (t) => {
  t.same(Object.keys(zh).sort(), Object.keys(en).sort());
  for (const key of Object.keys(en) as (keyof typeof en)[]) {
    t.same(holes(zh[key]), holes(en[key]), key);
    t.not(zh[key].trim(), "", key);
  }
});

t.test("web words: Chinese words are Chinese, but for names", async (t) => {
  const foreign = (Object.keys(zh) as (keyof typeof zh)[]).filter((key) => !/\p{Script=Han}/u.test(zh[key]));
  const filled = ["channels.next", "channels.play"];
  const names = ["codec.avc", "codec.hevc", "codec.mpeg2", "codec.aac", "codec.mp2"];
  t.same(foreign.sort(), [...filled, ...names].sort());
});

t.test("web words: every error that a phone can see has words in both languages", async (t) => {
  const seen = Object.keys(ERROR_CODES).filter((code) => !NEVER_ON_A_PHONE.test(code));
  t.same(
    seen.filter((code) => !(code in ERROR_WORDS)),
    [],
    "none is without words",
  );
  for (const [code, { en, zh }] of Object.entries(ERROR_WORDS)) {
    t.ok(
      [...en, ...zh].every((words) => words.length > 1),
      `${code}: what happened, and the way on`,
    );
    t.match(zh.join(""), /\p{Script=Han}/u, `${code} in Chinese`);
  }
});

t.test("web words: no words for codes that do not exist", async (t) => {
  const own = [
    "asleep",
    "box-not-trusted-keyless",
    "number-wrong",
    "pairing-expired",
    "picture-missing",
    "player-unsupported",
    "recovery-refused",
    "signal-disturbed",
  ];
  t.same(
    Object.keys(ERROR_WORDS)
      .filter((code) => !(code in ERROR_CODES))
      .sort(),
    own.sort(),
  );
});
