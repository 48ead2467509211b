import { t } from "../../i18n/index.ts";
import { tl } from "../../i18n/live.ts";
import type { Barrier } from "../../live/barrier.ts";

/** In a sentence, why a channel cannot be watched. */
export function barrierWords(barrier: Exclude<Barrier, { kind: "age" }>): string {
  if (barrier.kind === "video" || barrier.kind === "audio")
    return t(`why.${barrier.kind}`, { codec: t(`codec.${barrier.family}`) });
  return t(`why.${barrier.kind}`);
}

/** The same in as few words as a row has room for. */
export function barrierInShort(barrier: Barrier): string {
  switch (barrier.kind) {
    case "video":
    case "audio":
      return tl(`why.${barrier.kind}`, { codec: t(`codec.${barrier.family}`) });
    case "age":
      return t("channels.age", { age: barrier.age });
    default:
      return tl(`why.${barrier.kind}`);
  }
}
