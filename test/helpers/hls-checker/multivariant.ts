import type { Attributes } from "./attributes.ts";
import type { Expect } from "./findings.ts";
import { readLines } from "./lines.ts";

export interface Variant {
  readonly url: string;
  readonly attributes: Attributes;
}

export interface MediaTag {
  /** null when the rendition is in the variant itself. */
  readonly url: string | null;
  readonly attributes: Attributes;
}

export interface Multivariant {
  readonly variants: readonly Variant[];
  readonly media: readonly MediaTag[];
  readonly independentSegments: boolean;
}

/** Reads a multivariant playlist; faults are told under P-13. */
export function readMultivariant(text: string, url: string, where: string, expect: Expect): Multivariant {
  const variants: Variant[] = [];
  const media: MediaTag[] = [];
  let pending: Attributes | null = null;
  let independentSegments = false;
  let faults = 0;
  const fault = (what: string): void => {
    faults++;
    expect("P-13", false, where, what);
  };
  for (const line of readLines(text, "multivariant", fault)) {
    if (line.kind === "uri") {
      if (pending === null) fault(`no STREAM-INF before ${line.uri}`);
      else variants.push({ url: new URL(line.uri, url).href, attributes: pending });
      pending = null;
    } else {
      if (pending !== null) fault(`${line.name} between STREAM-INF and its address`);
      pending = null;
      if (line.name === "EXT-X-STREAM-INF") pending = line.attributes;
      else if (line.name === "EXT-X-INDEPENDENT-SEGMENTS") independentSegments = true;
      else if (line.name === "EXT-X-MEDIA") {
        const address = line.attributes.get("URI");
        const absolute = address === undefined ? null : new URL(address, url).href;
        media.push({ url: absolute, attributes: line.attributes });
      }
    }
  }
  if (faults === 0) expect("P-13", true, where, "");
  return { variants, media, independentSegments };
}

const PICTURE = /\b(avc1|avc3|hvc1|hev1|mp4v|mp2v|av01|vp09|dvh1)/;
const GROUPS = ["AUDIO", "VIDEO", "SUBTITLES", "CLOSED-CAPTIONS"] as const;

/** What must hold of a multivariant playlist by itself. */
export function checkMultivariant(playlist: Multivariant, where: string, expect: Expect): void {
  const { variants, media } = playlist;
  expect("P-13", variants.length > 0, where, "no variant");
  const pictures = variants.filter(({ attributes }) => PICTURE.test(attributes.get("CODECS") ?? ""));
  const allSdr = pictures.every(({ attributes }) => (attributes.get("VIDEO-RANGE") ?? "SDR") === "SDR");
  for (const { attributes, url } of variants) {
    const name = url.split("/").slice(-2).join("/");
    const picture = PICTURE.test(attributes.get("CODECS") ?? "");
    const needed = ["BANDWIDTH", "AVERAGE-BANDWIDTH", "CODECS"];
    if (picture) needed.push("RESOLUTION", "FRAME-RATE", ...(allSdr ? [] : ["VIDEO-RANGE"]));
    for (const one of needed) expect("P-13", attributes.has(one), where, `${name} has no ${one}`);
    const peak = Number(attributes.get("BANDWIDTH"));
    const average = Number(attributes.get("AVERAGE-BANDWIDTH") ?? peak);
    expect("P-13", peak > 0 && average <= peak, where, `${name}: average bandwidth above the peak`);
    for (const type of GROUPS) {
      const group = attributes.get(type);
      if (group === undefined || group === "NONE") continue;
      const members = media.some(
        (one) => one.attributes.get("TYPE") === type && one.attributes.get("GROUP-ID") === group,
      );
      expect("P-14", members, where, `${name}: there is no ${type} group ${group}`);
    }
    checkLimits(attributes, name, where, expect);
  }
  checkGroups(media, where, expect);
}

/** Apple's authoring rules 1.3, 1.6 and 1.19; hexadecimal level of H.264, `L153` is HEVC's 5.1. */
function checkLimits(attributes: Attributes, name: string, where: string, expect: Expect): void {
  for (const codec of (attributes.get("CODECS") ?? "").split(",")) {
    const avc = /^avc[13]\.([0-9A-Fa-f]{2})[0-9A-Fa-f]{2}([0-9A-Fa-f]{2})$/.exec(codec);
    if (avc !== null) {
      const allowed = ["42", "4D", "58", "64"].includes((avc[1] ?? "").toUpperCase());
      expect(
        "P-15",
        allowed && parseInt(avc[2] ?? "", 16) <= 52,
        where,
        `${name}: ${codec} is beyond High 5.2`,
      );
    }
    const hevc = /^h(?:vc|ev)1\.[A-C]?(\d+)\.[0-9A-F]+\.[LH](\d+)/.exec(codec);
    if (hevc !== null) {
      const allowed = Number(hevc[1]) <= 2 && Number(hevc[2]) <= 153;
      expect("P-15", allowed, where, `${name}: ${codec} is beyond Main 10 5.1`);
    }
  }
  const rate = attributes.get("FRAME-RATE");
  if (rate !== undefined) expect("P-15", Number(rate) <= 60, where, `${name}: ${rate} pictures per second`);
}

function checkGroups(media: readonly MediaTag[], where: string, expect: Expect): void {
  const groups = new Map<string, MediaTag[]>();
  for (const one of media) {
    const key = `${one.attributes.get("TYPE")} ${one.attributes.get("GROUP-ID")}`;
    groups.set(key, [...(groups.get(key) ?? []), one]);
  }
  for (const [group, members] of groups) {
    const names = new Set(members.map(({ attributes }) => attributes.get("NAME")));
    expect("P-14", names.size === members.length, where, `${group}: two of one NAME`);
    const defaults = members.filter(({ attributes }) => attributes.get("DEFAULT") === "YES");
    expect("P-14", defaults.length <= 1, where, `${group}: ${defaults.length} defaults`);
  }
  for (const { attributes, url } of media) {
    const type = attributes.get("TYPE");
    const name = `${type} "${attributes.get("NAME")}"`;
    const automatic = attributes.get("AUTOSELECT") === "YES";
    const byDefault = attributes.get("DEFAULT") === "YES";
    expect("P-14", !byDefault || automatic, where, `${name}: DEFAULT without AUTOSELECT`);
    if (type !== "VIDEO") expect("P-14", attributes.has("LANGUAGE"), where, `${name} has no LANGUAGE`);
    const describes = attributes.get("CHARACTERISTICS")?.includes("describes-video") ?? false;
    if (describes) expect("P-14", automatic, where, `${name}: a description without AUTOSELECT`);
    if (type === "SUBTITLES") expect("P-14", url !== null, where, `${name} has no URI`);
    if (type === "CLOSED-CAPTIONS") {
      const within = url === null && attributes.has("INSTREAM-ID");
      expect("P-14", within, where, `${name}: captions have an INSTREAM-ID and no URI`);
    }
    if (type === "AUDIO") expect("P-14", attributes.has("CHANNELS"), where, `${name} has no CHANNELS`);
  }
}
