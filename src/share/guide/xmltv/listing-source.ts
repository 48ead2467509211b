import { open } from "node:fs/promises";
import type { Clock } from "../../../kernel/clock.ts";
import { isTellyportError, messageOf, systemCode, TellyportError } from "../../../kernel/errors.ts";
import { FetchFailure, namedReach, type NameIt, type SafeFetch } from "../../../kernel/safe-fetch/index.ts";
import { decodedBody } from "./decoded-body.ts";

/** By what a listing is known to be the same as before. */
export interface ListingMark {
  /** Of a file. */
  readonly file?: string;
  /** Of an answer. */
  readonly etag?: string | null;
  readonly lastModified?: string | null;
}

/** A listing that can be read once. */
export interface OpenListing {
  readonly bytes: AsyncIterable<Uint8Array>;
  readonly mark: ListingMark;
}

/** Bounds of a download. */
export interface DownloadLimits {
  /** Bytes as they come; default 128 MiB. */
  readonly bytes: number;
  /** Until the answer begins, and between two pieces of it, ms; default 60 s. */
  readonly silenceMs: number;
  /** In all, ms; default 15 min. */
  readonly wholeMs: number;
}

export const DOWNLOAD_LIMITS: DownloadLimits = {
  bytes: 128 * 1024 * 1024,
  silenceMs: 60_000,
  wholeMs: 15 * 60_000,
};

const READ = 64 * 1024;

/**
 * Opens a listing's file.
 * @param known of the last reading, null: read it whatever it is
 * @returns null when it is as it was
 * @throws TellyportError `guide-source-unreachable`
 */
export async function openFile(path: string, known: ListingMark | null): Promise<OpenListing | null> {
  const unreadable = (error: unknown): TellyportError =>
    new TellyportError(
      "guide-source-unreachable",
      `The XMLTV file cannot be read (${systemCode(error) ?? messageOf(error)}). Check the path under guide.xmltv and the rights of the file.`,
      { cause: error },
    );
  const file = await open(path, "r").catch((error: unknown) => {
    throw unreadable(error);
  });
  try {
    const stat = await file.stat();
    if (!stat.isFile()) throw unreadable({ code: "no file" });
    const mark = { file: `${stat.ino} ${stat.mtimeMs} ${stat.size}` };
    if (known?.file === mark.file) {
      await file.close();
      return null;
    }
    const bytes = async function* (): AsyncGenerator<Uint8Array> {
      try {
        for (;;) {
          const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(READ), 0, READ, null);
          if (bytesRead === 0) return;
          yield buffer.subarray(0, bytesRead);
        }
      } catch (error) {
        throw isTellyportError(error) ? error : unreadable(error);
      } finally {
        await file.close();
      }
    };
    return { bytes: bytes(), mark };
  } catch (error) {
    await file.close().catch(() => {});
    throw isTellyportError(error) ? error : unreadable(error);
  }
}

export interface DownloadDeps {
  readonly fetch: SafeFetch;
  readonly clock: Clock;
  readonly limits: DownloadLimits;
  /** Ends it. */
  readonly signal: AbortSignal;
}

const NAME_IT: NameIt = ({ origin }) => `the address that it leads to, at ${origin}, under guide.xmltv`;

/**
 * Begins to download a listing, from the address that the installer wrote or where that one leads to.
 * @param known of the last reading, null: load it whatever it is
 * @returns null when the server says that it is as it was
 * @throws TellyportError `guide-source-unreachable`, `guide-source-too-large`, `fetch-refused`; from `bytes` too
 * @see RFC 9110 §13.1
 */
export async function openUrl(
  address: string,
  known: ListingMark | null,
  { fetch, limits, signal }: DownloadDeps,
): Promise<OpenListing | null> {
  const url = new URL(address);
  const failure = (error: unknown): unknown => {
    if (signal.aborted) return new TellyportError("stopping", "The box is being stopped.");
    return error instanceof FetchFailure ? explain(error, url, limits) : error;
  };
  try {
    const answer = await fetch(url, {
      reach: namedReach(url),
      nameIt: NAME_IT,
      signal,
      headers: requestHeaders(known),
      limits: {
        answerMs: Math.min(limits.silenceMs, limits.wholeMs),
        silenceMs: limits.silenceMs,
        wholeMs: limits.wholeMs,
        bodyBytes: limits.bytes,
      },
    });
    if (answer.status !== 200) {
      answer.cancel();
      if (answer.status === 304) return null;
      throw unreachable(url, `answers ${answer.status}`);
    }
    const bytes = async function* (): AsyncGenerator<Uint8Array> {
      try {
        yield* decodedBody(answer);
      } catch (error) {
        throw failure(error);
      } finally {
        // Whoever stops reading wants no more of it.
        answer.cancel();
      }
    };
    const { etag, "last-modified": lastModified } = answer.headers;
    return { bytes: bytes(), mark: { etag: etag ?? null, lastModified: lastModified ?? null } };
  } catch (error) {
    throw failure(error);
  }
}

function requestHeaders(known: ListingMark | null): Record<string, string> {
  return {
    accept: "application/xml, text/xml, application/gzip, */*;q=0.5",
    "accept-encoding": "gzip",
    ...(known?.etag != null && { "if-none-match": known.etag }),
    ...(known?.lastModified != null && { "if-modified-since": known.lastModified }),
  };
}

function explain({ trouble, cause }: FetchFailure, url: URL, limits: DownloadLimits): TellyportError {
  switch (trouble) {
    case "too-large":
      return new TellyportError(
        "guide-source-too-large",
        `The XMLTV listing of ${url.host} is over ${Math.floor(limits.bytes / 1024 / 1024)} MiB. Take one with fewer channels or days.`,
      );
    case "timeout":
      return unreachable(url, "does not answer", cause);
    case "silent":
      return unreachable(url, "has stopped sending", cause);
    case "too-slow":
      return unreachable(url, "takes too long", cause);
    case "bad-redirect":
      return unreachable(url, "redirects without end, or to what is no web address", cause);
    case "unreachable":
      return unreachable(url, `cannot be reached (${systemCode(cause) ?? messageOf(cause)})`, cause);
  }
}

/** The path and query may hold a key: nobody is told but the server. */
function unreachable(url: URL, why: string, cause?: unknown): TellyportError {
  return new TellyportError(
    "guide-source-unreachable",
    `The XMLTV server ${url.host} ${why}. Check the address under guide.xmltv; Tellyport tries again by itself.`,
    { cause },
  );
}
