import { boxEn, type BoxKey } from "./box-en.ts";
import { boxZh } from "./box-zh.ts";
import { filled, language, tag, type Fill } from "./index.ts";

/** As `t`, for the owner's pages about the box, whose words come with them. */
export function tb(key: BoxKey, fill: Fill = {}): string {
  return filled((language.value === "zh" ? boxZh : boxEn)[key], fill);
}

/** Whether there are words for a key that the box made up. */
export function hasBoxWords(key: string): key is BoxKey {
  return key in boxEn;
}

const UNITS = ["byte", "kilobyte", "megabyte", "gigabyte", "terabyte"] as const;

/** Bytes as people know them: 1.4 GB. Thousands, as disks are sold. */
export function sizeWords(bytes: number): string {
  const step = bytes < 1000 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log10(bytes) / 3));
  const value = bytes / 1000 ** step;
  return new Intl.NumberFormat(tag.value, {
    style: "unit",
    unit: UNITS[step] ?? "byte",
    unitDisplay: "short",
    maximumFractionDigits: value < 10 && step > 1 ? 1 : 0,
  }).format(value);
}

/** A number with its thousands apart. @param digits after the point, at most */
export function figure(value: number, digits = 0): string {
  return new Intl.NumberFormat(tag.value, { maximumFractionDigits: digits }).format(value);
}

/** 3 days */
export function daysWords(days: number): string {
  return new Intl.NumberFormat(tag.value, { style: "unit", unit: "day", unitDisplay: "long" }).format(days);
}

/** `DE` → Germany, or the letters where nobody knows better. */
export function countryName(code: string): string {
  return new Intl.DisplayNames([tag.value], { type: "region" }).of(code) ?? code;
}

/** Those names in a sentence: two by name, the others counted. */
export function someNames(names: readonly string[]): string {
  const shown = names.slice(0, 3);
  const list = new Intl.ListFormat(tag.value, { type: "conjunction", style: "short" }).format(shown);
  return names.length <= shown.length
    ? list
    : `${list} ${tb("and-more", { count: names.length - shown.length })}`;
}
