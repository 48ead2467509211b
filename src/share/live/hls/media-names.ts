import { TellyportError } from "../../../kernel/errors.ts";
import type { MediaFormat } from "../packaging/ports.ts";

/** The last part of a media address, below a rendition. */

export const playlistName = "index.m3u8";

const EXTENSIONS: Record<MediaFormat, string> = {
  fmp4: "m4s",
  ts: "ts",
  webvtt: "vtt",
  overlay: "json",
};

export const initName = (version: number): string => `init-${version}.mp4`;
export const segmentName = (sequence: number, format: MediaFormat): string =>
  `${sequence}.${EXTENSIONS[format]}`;
export const partName = (serial: number): string => `p${serial}.m4s`;

export type MediaName =
  | { readonly kind: "playlist" }
  | { readonly kind: "init"; readonly version: number }
  | { readonly kind: "segment"; readonly sequence: number }
  | { readonly kind: "part"; readonly serial: number };

/** @throws TellyportError `segment-not-found` for a name that is none of these */
export function parseMediaName(name: string): MediaName {
  if (name === playlistName) return { kind: "playlist" };
  const match = /^(?:init-(\d{1,12})\.mp4|(\d{1,12})\.(?:m4s|ts|vtt|json)|p(\d{1,12})\.m4s)$/.exec(name);
  if (match?.[1] !== undefined) return { kind: "init", version: Number(match[1]) };
  if (match?.[2] !== undefined) return { kind: "segment", sequence: Number(match[2]) };
  if (match?.[3] !== undefined) return { kind: "part", serial: Number(match[3]) };
  throw new TellyportError("segment-not-found", "There is no such thing in a stream. Follow the playlist.");
}

/** Where in a stream something is: `/m/{grant}/{stream}/{rendition}/{name}`. */
export interface MediaPath {
  readonly grant: string;
  readonly stream: string;
  readonly rendition: string;
  readonly name: string;
}

/** @returns null for an address that has a query or needs decoding, and for any other */
export function parseMediaPath(url: string): MediaPath | null {
  const [, grant, stream, rendition, name] = PATH.exec(url) ?? [];
  if (grant === undefined || stream === undefined || rendition === undefined || name === undefined)
    return null;
  return { grant, stream, rendition, name };
}

const PATH = /^\/m\/([\w.-]+)\/([\w-]+)\/(\w+)\/([\w.-]+)$/;
