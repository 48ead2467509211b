import { readFile, stat } from "node:fs/promises";
import { basename } from "node:path";
import { TellyportError } from "../../../kernel/errors.ts";
import {
  HOME,
  namedReach,
  type NameIt,
  type Reach,
  type SafeFetch,
} from "../../../kernel/safe-fetch/index.ts";
import { requireHttp } from "./http-open.ts";
import { LONGEST_LIST, parseM3u, type M3uEntry, type M3uFault } from "./m3u.ts";

/** Path or address of a list, as logs and people may have it. */
export function nameOfList(list: string): string {
  return isAddress(list) ? new URL(list).host : basename(list);
}

/** Whether a list is at an address; else it is a file. */
export function isAddress(list: string): boolean {
  return /^https?:\/\//i.test(list) && URL.canParse(list);
}

/** A list, and how far its word goes. */
export interface ReadList {
  readonly entries: readonly M3uEntry[];
  readonly faults: readonly M3uFault[];
  readonly reach: Reach;
}

/** Before it is read. */
export const NO_LIST: ReadList = { entries: [], faults: [], reach: HOME };

export interface ListDeps {
  readonly fetch: SafeFetch;
  /** What the configuration allows beside. */
  readonly allowed: Reach;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Reads a list from its path or address. A list that a machine of the internet gave may name machines of the internet only; one that
 * is a file or came from the home network those of the home network too, and the server that it came from.
 * @throws TellyportError `source-missing`, `source-unreachable`, `source-empty`, `source-not-list`, `fetch-refused`,
 * `request-cancelled`
 */
export async function readList(list: string, deps: ListDeps): Promise<ReadList> {
  const name = nameOfList(list);
  const { bytes, base, reach } = isAddress(list)
    ? await fetchList(new URL(list), name, deps)
    : { bytes: await readFileOf(list, name), base: null, reach: HOME };
  const parsed = parseM3u(bytes, base);
  if (parsed.kind === "hls")
    throw new TellyportError(
      "source-not-list",
      `${name} is one programme in segments (HLS) and no list of channels: give a list of transport streams.`,
    );
  if (parsed.entries.length === 0)
    throw new TellyportError(
      "source-empty",
      `${name} names no channel that can be received${parsed.faults[0] === undefined ? "" : `: line ${parsed.faults[0].line}: ${parsed.faults[0].message}`}`,
    );
  const { entries, faults } = parsed;
  return { entries, faults, reach: { ...reach, named: new Set([...reach.named, ...deps.allowed.named]) } };
}

async function readFileOf(path: string, name: string): Promise<Buffer> {
  try {
    if ((await stat(path)).size > LONGEST_LIST)
      throw new TellyportError("source-not-list", `${name} is longer than 5 MiB: give a shorter list.`);
    return await readFile(path);
  } catch (cause) {
    if (cause instanceof TellyportError) throw cause;
    throw new TellyportError(
      "source-missing",
      `The list ${name} cannot be read: check its path and rights.`,
      {
        cause,
      },
    );
  }
}

async function fetchList(
  url: URL,
  name: string,
  { fetch, signal }: ListDeps,
): Promise<{ bytes: Buffer; base: URL; reach: Reach }> {
  const nameIt: NameIt = ({ origin }) =>
    `the address that it leads to, at ${origin}, under tuners.network.lists`;
  const answer = await requireHttp(url, {
    fetch,
    name,
    reach: namedReach(url),
    nameIt,
    signal,
    mostBytes: LONGEST_LIST,
  });
  if (answer.status !== 200)
    throw new TellyportError(
      "source-unreachable",
      answer.status === 401 || answer.status === 403
        ? `${name} refuses to give its list (${answer.status}): check name and password in its address.`
        : `${name} has no list at that address (${answer.status}): check the address.`,
    );
  return { bytes: answer.body, base: answer.url, reach: answer.reach };
}
