import type { Channel, Programme } from "../protocol/api.ts";
import { renderTable, type Column } from "./table.ts";
import { clockTime } from "./text.ts";

const AVAILABILITY: Record<Channel["availability"], string> = {
  free: "yes",
  "shares-tuner": "yes, already tuned",
  "would-displace": "yes, ends another",
  busy: "no tuner free",
  scrambled: "scrambled",
  "no-signal": "no signal",
};

const COLUMNS: readonly Column<Channel>[] = [
  { title: "No", value: ({ number }) => String(number), align: "right" },
  { title: "Name", value: ({ name, kind }) => (kind === "tv" ? name : `${name} (${kind})`), shrinkTo: 14 },
  { title: "Now", value: ({ now }) => now?.title ?? "", shrinkTo: 10 },
  { title: "Until", value: ({ now }) => (now === null ? "" : clockTime(new Date(now.endsAt))) },
  { title: "Codecs", value: codecsOf, shrinkTo: 6 },
  { title: "Watch", value: ({ availability }) => AVAILABILITY[availability], shrinkTo: 9 },
];

/** The channel list for a person. */
export function renderChannels(channels: readonly Channel[], columns: number | undefined): string {
  if (channels.length === 0) return "The box has found no channel yet.\n";
  return renderTable(COLUMNS, channels, columns);
}

/** The schedule of some channels, one block each. */
export function renderGuide(
  guide: readonly { readonly name: string; readonly programmes: readonly Programme[] }[],
  columns: number | undefined,
): string {
  const blocks = guide
    .filter(({ programmes }) => programmes.length > 0)
    .map(({ name, programmes }) => renderTable(programmeColumns(name), programmes, columns));
  return blocks.length === 0 ? "The box knows no schedule yet.\n" : blocks.join("\n");
}

function programmeColumns(name: string): Column<Programme>[] {
  return [
    { title: "", value: ({ startsAt }) => clockTime(new Date(startsAt)) },
    { title: name, value: ({ title }) => title, shrinkTo: 14 },
    { title: "", value: ({ description }) => description, shrinkTo: 0 },
  ];
}

function codecsOf({ codecs }: Channel): string {
  if (codecs === null) return "";
  const audio = [...new Set(codecs.audio.map(({ family }) => family))];
  const video = codecs.video === null ? [] : [codecs.video.family.replace("-recovery-point", " (no IDR)")];
  return [...video, ...audio].join(" + ");
}
