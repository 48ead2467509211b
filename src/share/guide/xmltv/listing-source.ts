import { open } from "node:fs/promises";
import type { Clock } from "../../../kernel/clock.ts";
import { isTellyportError, messageOf, systemCode, TellyportError } from "../../../kernel/errors.ts";

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
  readonly fetch: typeof fetch;
  readonly clock: Clock;
  readonly limits: DownloadLimits;
  /** Ends it. */
  readonly signal: AbortSignal;
}

/**
 * Begins to download a listing.
 * @param known of the last reading, null: load it whatever it is
 * @returns null when the server says that it is as it was
 * @throws TellyportError `guide-source-unreachable`, `guide-source-too-large`; from `bytes` too
 * @see RFC 9110 §13.1
 */
export async function openUrl(
  address: string,
  known: ListingMark | null,
  deps: DownloadDeps,
): Promise<OpenListing | null> {
  const { clock, limits } = deps;
  const url = new URL(address);
  const headers = requestHeaders(url, known);
  const ender = new AbortController();
  const end = (why: string): void => ender.abort(unreachable(url, why));
  const whole = clock.after(limits.wholeMs, () => end("takes too long"));
  let silence = clock.after(limits.silenceMs, () => end("does not answer"));
  const release = (): void => {
    whole.cancel();
    silence.cancel();
    deps.signal.removeEventListener("abort", stopped);
  };
  const stopped = (): void => ender.abort(new TellyportError("stopping", "The box is being stopped."));
  if (deps.signal.aborted) stopped();
  deps.signal.addEventListener("abort", stopped, { once: true });
  const failure = (error: unknown): TellyportError => {
    release();
    if (isTellyportError(error)) return error;
    if (isTellyportError(ender.signal.reason)) return ender.signal.reason;
    const cause = (error instanceof Error ? error.cause : undefined) ?? error;
    return unreachable(url, `cannot be reached (${systemCode(cause) ?? messageOf(cause)})`, error);
  };
  try {
    const answer = await deps.fetch(url, { headers, signal: ender.signal, redirect: "follow" });
    if (answer.status !== 200 || answer.body === null) {
      await answer.body?.cancel();
      release();
      if (answer.status === 304) return null;
      throw unreachable(url, `answers ${answer.status}`);
    }
    const body = answer.body;
    const bytes = async function* (): AsyncGenerator<Uint8Array> {
      let length = 0;
      try {
        for await (const chunk of body as AsyncIterable<Uint8Array>) {
          silence.cancel();
          length += chunk.length;
          if (length > limits.bytes)
            throw new TellyportError(
              "guide-source-too-large",
              `The XMLTV listing of ${url.host} is over ${Math.floor(limits.bytes / 1024 / 1024)} MiB. Take one with fewer channels or days.`,
            );
          yield chunk;
          silence = clock.after(limits.silenceMs, () => end("has stopped sending"));
        }
      } catch (error) {
        throw failure(error);
      } finally {
        release();
        // Whoever stops reading wants no more of it.
        ender.abort(new TellyportError("request-cancelled", "The listing is no longer read."));
      }
    };
    return {
      bytes: bytes(),
      mark: { etag: answer.headers.get("etag"), lastModified: answer.headers.get("last-modified") },
    };
  } catch (error) {
    throw failure(error);
  }
}

function requestHeaders(url: URL, known: ListingMark | null): Record<string, string> {
  const headers: Record<string, string> = {
    accept: "application/xml, text/xml, application/gzip, */*;q=0.5",
  };
  if (url.username !== "" || url.password !== "") {
    const login = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
    headers["authorization"] = `Basic ${Buffer.from(login).toString("base64")}`;
    url.username = "";
    url.password = "";
  }
  if (known?.etag != null) headers["if-none-match"] = known.etag;
  if (known?.lastModified != null) headers["if-modified-since"] = known.lastModified;
  return headers;
}

/** The path and query may hold a key: nobody is told but the server. */
function unreachable(url: URL, why: string, cause?: unknown): TellyportError {
  return new TellyportError(
    "guide-source-unreachable",
    `The XMLTV server ${url.host} ${why}. Check the address under guide.xmltv; Tellyport tries again by itself.`,
    { cause },
  );
}
