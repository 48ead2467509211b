import { filled, language, type Fill } from "./index.ts";
import { tvEn, type TvKey } from "./tv-en.ts";
import { tvZh } from "./tv-zh.ts";

/** As `t`, for the television's own page, whose words come with it. */
export function tt(key: TvKey, fill: Fill = {}): string {
  return filled((language.value === "zh" ? tvZh : tvEn)[key], fill);
}
