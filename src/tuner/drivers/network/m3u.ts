import { isReceivable } from "../../../kernel/safe-fetch/index.ts";

/** Longest list that is read, bytes. */
export const LONGEST_LIST = 5 * 1024 * 1024;
const MOST_ENTRIES = 10_000;
const LONGEST_LINE = 8192;
/** Faults that are told; a list of another kind has one in each line. */
const MOST_FAULTS = 100;

export interface M3uEntry {
  /** As it is asked for: credentials and all. Never shown. */
  readonly url: URL;
  readonly name: string;
  /** `tvg-id`: the channel's id in a guide. */
  readonly guideId: string | null;
  /** `tvg-chno`. */
  readonly number: number | null;
  /** `group-title`, else `#EXTGRP`. */
  readonly group: string | null;
  /** Of its address in the list, from 1. */
  readonly line: number;
}

export interface M3uFault {
  readonly line: number;
  /** What is wrong and what to do, for people. Without the line's text: it may hold a password. */
  readonly message: string;
}

export type M3uList =
  | { readonly kind: "channels"; readonly entries: readonly M3uEntry[]; readonly faults: readonly M3uFault[] }
  /** One programme in segments, and no list of channels. @see RFC 8216 §4.3.3 */
  | { readonly kind: "hls" };

const SCHEMES = new Set(["http:", "https:", "udp:", "rtp:"]);

/**
 * Reads an extended M3U list of channels. Nothing in it is fatal: a line that cannot be used is told and passed over.
 * @param base where the list came from, for addresses relative to it; null when it has no address
 */
export function parseM3u(bytes: Buffer, base: URL | null): M3uList {
  const entries: M3uEntry[] = [];
  const faults: M3uFault[] = [];
  const seen = new Map<string, number>();
  const fault = (line: number, message: string): void => {
    if (faults.length < MOST_FAULTS) faults.push({ line, message });
  };
  let info: Info | null = null;
  let group: string | null = null;
  let line = 0;
  for (const raw of linesOf(decode(bytes.subarray(0, LONGEST_LIST)))) {
    line++;
    const text = raw.trim();
    if (text === "") continue;
    if (text.length > LONGEST_LINE) {
      fault(line, `The line is longer than ${LONGEST_LINE} characters.`);
      info = null;
    } else if (text.startsWith("#")) {
      if (/^#EXT-X-(TARGETDURATION|STREAM-INF)\b/.test(text)) return { kind: "hls" };
      if (/^#EXTINF:/i.test(text)) info = parseInfo(text.slice("#EXTINF:".length));
      else if (/^#EXTGRP:/i.test(text)) group = textOrNull(text.slice("#EXTGRP:".length));
    } else {
      const found = readUrl(text, base);
      if (typeof found === "string") fault(line, found);
      else if (seen.has(found.href)) fault(line, `It has the address of line ${seen.get(found.href)}.`);
      else if (entries.length === MOST_ENTRIES) {
        fault(line, `The list has more than ${MOST_ENTRIES} channels: the rest is not read.`);
        break;
      } else {
        seen.set(found.href, line);
        entries.push(entryOf(found, info, group, line));
      }
      info = null;
      group = null;
    }
  }
  if (bytes.length > LONGEST_LIST) fault(line, "The list is longer than 5 MiB: the rest is not read.");
  return { kind: "channels", entries, faults };
}

/** One after the other: a list of empty lines has millions. */
function* linesOf(text: string): Generator<string> {
  const end = /\r\n|\n|\r/g;
  let from = 0;
  for (let match = end.exec(text); match !== null; match = end.exec(text)) {
    yield text.slice(from, match.index);
    from = end.lastIndex;
  }
  yield text.slice(from);
}

interface Info {
  readonly attributes: ReadonlyMap<string, string>;
  readonly title: string;
}

/** `-1 tvg-id="x" group-title="a, b",Title`: the title begins behind the first comma that no quotes enclose. */
function parseInfo(text: string): Info {
  let comma = -1;
  let quoted = false;
  for (let i = 0; i < text.length && comma < 0; i++) {
    if (text[i] === '"') quoted = !quoted;
    else if (text[i] === "," && !quoted) comma = i;
  }
  // Quotes that nobody closed: whatever stands behind the last comma.
  if (comma < 0) comma = text.lastIndexOf(",");
  const head = comma < 0 ? text : text.slice(0, comma);
  const attributes = new Map<string, string>();
  for (const match of head.matchAll(/([A-Za-z][\w-]*)=(?:"([^"]*)"|([^\s",]+))/g))
    attributes.set((match[1] ?? "").toLowerCase(), clean(match[2] ?? match[3] ?? ""));
  return { attributes, title: comma < 0 ? "" : clean(text.slice(comma + 1)) };
}

function entryOf(url: URL, info: Info | null, group: string | null, line: number): M3uEntry {
  const attribute = (name: string): string | null => textOrNull(info?.attributes.get(name) ?? "");
  const number = attribute("tvg-chno") ?? attribute("channel-number");
  return {
    url,
    name: textOrNull(info?.title ?? "") ?? attribute("tvg-name") ?? nameOf(url),
    guideId: attribute("tvg-id"),
    number: number !== null && /^[1-9]\d{0,4}$/.test(number) ? Number(number) : null,
    group: attribute("group-title") ?? group,
    line,
  };
}

/** @returns what is wrong, in words */
function readUrl(text: string, base: URL | null): URL | string {
  // Players take options behind a bar: `http://…|User-Agent=…`.
  const address = text.replace(/\|.*$/s, "");
  if (!/^[A-Za-z][A-Za-z0-9+.-]*:/.test(address) && base === null)
    return "It is a relative address in a list that has none itself: write the whole address.";
  if (!URL.canParse(address, base?.href)) return "It is no address.";
  const url = new URL(address, base ?? undefined);
  if (!SCHEMES.has(url.protocol))
    return `Streams of ${url.protocol}// cannot be received: http, https, udp and rtp can.`;
  if (url.hostname === "") return "It names no host.";
  if (url.protocol !== "udp:" && url.protocol !== "rtp:") return url;
  if (url.port === "") return "It names no port: write udp://@ADDRESS:PORT.";
  return isReceivable(url.hostname.replace(/^\[|\]$/g, ""), Number(url.port))
    ? url
    : "Nothing is received there: write an IP address of this box with a port from 1024 on, or a multicast group's, but none of the link's own (224.0.0.x).";
}

function nameOf(url: URL): string {
  if (url.protocol === "udp:" || url.protocol === "rtp:") return url.host;
  const last = url.pathname.split("/").findLast((part) => part !== "");
  return textOrNull(safeDecode((last ?? "").replace(/\.\w{1,4}$/, ""))) ?? url.host;
}

function safeDecode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** UTF-8, else the Latin-1 that `.m3u` was made with. */
function decode(bytes: Buffer): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return bytes.toString("latin1").replace(/^\u00ef\u00bb\u00bf/, "");
  }
}

function clean(text: string): string {
  return text
    .replace(/\p{Cc}/gu, " ")
    .trim()
    .slice(0, 200);
}

function textOrNull(text: string): string | null {
  const cleaned = clean(text);
  return cleaned === "" ? null : cleaned;
}
