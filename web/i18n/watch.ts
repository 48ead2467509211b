import { filled, language, type Fill } from "./index.ts";
import { watchEn, type WatchKey } from "./watch-en.ts";
import { watchZh } from "./watch-zh.ts";

/** As `t`, for what one seldom needs while watching: its words come with it. */
export function tw(key: WatchKey, fill: Fill = {}): string {
  return filled((language.value === "zh" ? watchZh : watchEn)[key], fill);
}
