import { filled, language, type Fill } from "./index.ts";
import { liveEn, type LiveKey } from "./live-en.ts";
import { liveZh } from "./live-zh.ts";

/** As `t`, for the list of channels. */
export function tl(key: LiveKey, fill: Fill = {}): string {
  return filled((language.value === "zh" ? liveZh : liveEn)[key], fill);
}
