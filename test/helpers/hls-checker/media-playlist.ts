import type { Attributes } from "./attributes.ts";
import { isDate, readLines, type Fault } from "./lines.ts";
import type {
  ByteRange,
  Resource,
  Part,
  Segment,
  ServerControl,
  RenditionReport,
  PreloadHint,
  MediaPlaylist,
} from "./playlist-model.ts";

interface Head {
  sequence: number;
  discontinuity: boolean;
  programDateTime: number | null;
  gap: boolean;
  parts: Part[];
}

/**
 * Reads a media playlist strictly; what is not as the standard has it is told to `fault`, and the rest is read.
 * @param url its own address, against which others are resolved
 */
export function readMediaPlaylist(text: string, url: string, fault: Fault): MediaPlaylist {
  const lines = readLines(text, "media", fault);
  const numbers = new Map<string, number>();
  const flags = new Set<string>();
  const segments: Segment[] = [];
  const hints: PreloadHint[] = [];
  const reports: RenditionReport[] = [];
  const dateRanges: Attributes[] = [];
  let control: ServerControl | null = null;
  let partTarget: number | null = null;
  let skipped: Attributes | null = null;
  let map: Resource | null = null;
  let extinf: { duration: number; text: string } | null = null;
  let range: string | null = null;
  let needsVersion = 1;
  let discontinuities = 0;
  const ends = new Map<string, number>();
  const need = (version: number): void => void (needsVersion = Math.max(needsVersion, version));
  const resolve = (address: string): string => {
    try {
      return new URL(address, url).href;
    } catch {
      fault(`"${address}" is no address`);
      return url;
    }
  };
  /** Without an offset it begins where the one before it in the same resource ended. */
  const rangeOf = (value: string | undefined, of: string, what: string): ByteRange => {
    if (value === undefined) return null;
    const [, length, offset] = /^(\d+)(?:@(\d+))?$/.exec(value) ?? [];
    if (length === undefined) {
      fault(`${what}: "${value}" is no byte range`);
      return null;
    }
    need(4);
    if (offset === undefined && !ends.has(of))
      fault(`${what}: a byte range without offset has none before it`);
    const from = offset === undefined ? (ends.get(of) ?? 0) : Number(offset);
    ends.set(of, from + Number(length));
    return { length: Number(length), offset: from };
  };
  const begin = (sequence: number): Head => ({
    sequence,
    discontinuity: false,
    programDateTime: null,
    gap: false,
    parts: [],
  });
  let head = begin(0);
  for (const line of lines) {
    if (line.kind === "uri") {
      if (extinf === null) fault(`no EXTINF before ${line.uri}`);
      const address = resolve(line.uri);
      segments.push({
        ...head,
        discontinuitySequence: discontinuities,
        map,
        url: address,
        range: rangeOf(range ?? undefined, address, "EXT-X-BYTERANGE"),
        duration: extinf?.duration ?? 0,
        durationText: extinf?.text ?? "",
      });
      head = begin(head.sequence + 1);
      extinf = null;
      range = null;
      continue;
    }
    const { name, value, attributes } = line;
    const number = (key: string): number | null => {
      const text = attributes.get(key);
      return text === undefined ? null : Number(text);
    };
    switch (name) {
      case "EXT-X-VERSION":
      case "EXT-X-TARGETDURATION":
      case "EXT-X-MEDIA-SEQUENCE":
      case "EXT-X-DISCONTINUITY-SEQUENCE":
        numbers.set(name, Number(value));
        break;
      case "EXTINF": {
        const written = value.slice(0, value.indexOf(","));
        if (extinf !== null) fault("two EXTINF before one address");
        if (written.includes(".")) need(3);
        extinf = { duration: parseFloat(written), text: written };
        break;
      }
      case "EXT-X-BYTERANGE":
        range = value;
        break;
      case "EXT-X-DISCONTINUITY":
        if (head.discontinuity) fault("two EXT-X-DISCONTINUITY before one segment");
        if (head.parts.length > 0) fault("EXT-X-DISCONTINUITY stands behind a part of its segment");
        head.discontinuity = true;
        discontinuities++;
        break;
      case "EXT-X-PROGRAM-DATE-TIME":
        if (!isDate(value)) fault(`"${value}" is no date with a time zone`);
        if (head.parts.length > 0) fault("EXT-X-PROGRAM-DATE-TIME stands behind a part of its segment");
        head.programDateTime = Date.parse(value);
        break;
      case "EXT-X-GAP":
        need(8);
        head.gap = true;
        break;
      case "EXT-X-MAP": {
        need(6);
        const address = resolve(attributes.get("URI") ?? "");
        map = { url: address, range: rangeOf(attributes.get("BYTERANGE"), address, name) };
        break;
      }
      case "EXT-X-PART": {
        const address = resolve(attributes.get("URI") ?? "");
        if (extinf !== null) fault("a part stands between EXTINF and its address");
        head.parts.push({
          index: head.parts.length,
          url: address,
          range: rangeOf(attributes.get("BYTERANGE"), address, name),
          duration: number("DURATION") ?? NaN,
          independent: attributes.get("INDEPENDENT") === "YES",
          gap: attributes.get("GAP") === "YES",
        });
        break;
      }
      case "EXT-X-PART-INF":
        partTarget = number("PART-TARGET");
        break;
      case "EXT-X-SERVER-CONTROL":
        control = {
          canSkipUntil: number("CAN-SKIP-UNTIL"),
          canSkipDateRanges: attributes.has("CAN-SKIP-DATERANGES"),
          holdBack: number("HOLD-BACK"),
          partHoldBack: number("PART-HOLD-BACK"),
          canBlockReload: attributes.has("CAN-BLOCK-RELOAD"),
        };
        break;
      case "EXT-X-SKIP":
        need(attributes.has("RECENTLY-REMOVED-DATERANGES") ? 10 : 9);
        if (segments.length > 0) fault("EXT-X-SKIP stands behind a segment");
        skipped = attributes;
        break;
      case "EXT-X-PRELOAD-HINT":
        hints.push({
          type: attributes.get("TYPE") ?? "",
          url: resolve(attributes.get("URI") ?? ""),
          start: number("BYTERANGE-START") ?? 0,
          length: number("BYTERANGE-LENGTH"),
        });
        break;
      case "EXT-X-RENDITION-REPORT": {
        const written = attributes.get("URI") ?? "";
        if (/^[a-z][a-z0-9+.-]*:/i.test(written)) fault(`RENDITION-REPORT: ${written} is not relative`);
        reports.push({ url: resolve(written), lastMsn: number("LAST-MSN"), lastPart: number("LAST-PART") });
        break;
      }
      case "EXT-X-DATERANGE":
        dateRanges.push(attributes);
        break;
      case "EXT-X-DEFINE":
        need(attributes.has("QUERYPARAM") ? 11 : 8);
        break;
      case "EXT-X-PLAYLIST-TYPE":
        if (value !== "EVENT" && value !== "VOD") fault(`EXT-X-PLAYLIST-TYPE: ${value}`);
        break;
      case "EXT-X-KEY":
        if (attributes.has("IV")) need(2);
        if (attributes.has("KEYFORMAT")) need(5);
        break;
      default:
        flags.add(name);
    }
  }
  if (extinf !== null) fault("no address behind the last EXTINF");
  const mediaSequence = numbers.get("EXT-X-MEDIA-SEQUENCE") ?? 0;
  const first = numbers.get("EXT-X-DISCONTINUITY-SEQUENCE") ?? 0;
  const skippedSegments = Number(skipped?.get("SKIPPED-SEGMENTS") ?? 0);
  const from = mediaSequence + skippedSegments;
  return {
    url,
    version: numbers.get("EXT-X-VERSION") ?? null,
    targetDuration: numbers.get("EXT-X-TARGETDURATION") ?? null,
    mediaSequence,
    discontinuitySequence: numbers.get("EXT-X-DISCONTINUITY-SEQUENCE") ?? null,
    independentSegments: flags.has("EXT-X-INDEPENDENT-SEGMENTS"),
    ended: flags.has("EXT-X-ENDLIST"),
    serverControl: control,
    partTarget,
    skipped: skippedSegments,
    skipsDateRanges: skipped?.has("RECENTLY-REMOVED-DATERANGES") ?? false,
    segments: segments.map((segment) => ({
      ...segment,
      sequence: segment.sequence + from,
      discontinuitySequence: segment.discontinuitySequence + first,
    })),
    next: {
      ...head,
      sequence: head.sequence + from,
      discontinuitySequence: discontinuities + first,
      map,
    },
    hints,
    reports,
    dateRanges,
    needsVersion,
  };
}
