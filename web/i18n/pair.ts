import { filled, language, type Fill } from "./index.ts";
import { pairEn, type PairKey } from "./pair-en.ts";
import { pairZh } from "./pair-zh.ts";

/** As `t`, for pairing: its words come with it. */
export function tp(key: PairKey, fill: Fill = {}): string {
  return filled((language.value === "zh" ? pairZh : pairEn)[key], fill);
}
