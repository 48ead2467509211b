import { t } from "../../i18n/index.ts";
import type { Barrier } from "../../live/barrier.ts";

/** In a few words, why a channel cannot be watched. */
export function barrierWords(barrier: Barrier): string {
  switch (barrier.kind) {
    case "video":
    case "audio":
      return t(`why.${barrier.kind}`, { codec: t(`codec.${barrier.family}`) });
    case "age":
      return t("channels.age", { age: barrier.age });
    default:
      return t(`why.${barrier.kind}`);
  }
}
