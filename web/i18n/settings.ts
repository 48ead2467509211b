import { filled, language, type Fill } from "./index.ts";
import { settingsEn, type SettingsKey } from "./settings-en.ts";
import { settingsZh } from "./settings-zh.ts";

/** As `t`, for the settings' first page: its words come with it. */
export function ts(key: SettingsKey, fill: Fill = {}): string {
  return filled((language.value === "zh" ? settingsZh : settingsEn)[key], fill);
}
