import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { capture } from "../../helpers/captures.ts";

/** An event as VDR's SVDRP command LSTE lists it. */
export interface VdrEvent {
  /** `onid-tsid-sid eventId` */
  readonly key: string;
  /** Epoch ms. */
  readonly startsAt: number;
  readonly durationMs: number;
  title: string;
  shortText: string;
  description: string;
  readonly genres: number[];
  minimumAge: number | null;
}

/** Reads `reference/<capture>/vdr-2.6.0-LSTE.txt`. */
export function vdrEvents(file: string): VdrEvent[] {
  const folder = join(dirname(capture(file) ?? ""), "reference", file.replace(/\.ts$/, ""));
  const events: VdrEvent[] = [];
  let channel = "";
  for (const line of readFileSync(join(folder, "vdr-2.6.0-LSTE.txt"), "utf8").split(/\r?\n/)) {
    const value = line.slice(6);
    const words = value.split(" ");
    if (line.startsWith("215-C")) channel = (words[0] ?? "").split("-").slice(1).join("-");
    if (line.startsWith("215-E"))
      events.push({
        key: `${channel} ${words[0]}`,
        startsAt: Number(words[1]) * 1000,
        durationMs: Number(words[2]) * 1000,
        title: "",
        shortText: "",
        description: "",
        genres: [],
        minimumAge: null,
      });
    const last = events.at(-1);
    if (last === undefined) continue;
    if (line.startsWith("215-T")) last.title = value;
    if (line.startsWith("215-S")) last.shortText = value;
    if (line.startsWith("215-D")) last.description = value;
    if (line.startsWith("215-R")) last.minimumAge = Number(value);
    if (line.startsWith("215-G"))
      last.genres.push(...words.filter((w) => w !== "").map((w) => parseInt(w, 16)));
  }
  return events;
}
