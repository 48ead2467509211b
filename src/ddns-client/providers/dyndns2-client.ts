import { isTellyportError } from "../../kernel/errors.ts";
import { FetchFailure, namedReach, type SafeFetch } from "../../kernel/safe-fetch/index.ts";
import { judgeAnswer } from "./dyndns2-answer.ts";
import { hasPasswordInUrl, updateUrls, type Dyndns2Target } from "./dyndns2-urls.ts";
import { worstOf, type NameProvider, type ProviderResult } from "./name-provider.ts";

export interface Dyndns2Options extends Dyndns2Target {
  /** One or more; each gets a request of its own, because not every server takes a list. */
  readonly hostnames: readonly string[];
}

export interface Dyndns2Deps {
  readonly fetch: SafeFetch;
  /** Of Tellyport, for `User-Agent`: providers block clients that do not say what they are. */
  readonly version: string;
}

/** For a whole request, ms, and of its answer, bytes. */
const LIMITS = { answerMs: 20_000, wholeMs: 30_000, silenceMs: 10_000, bodyBytes: 64 * 1024 };
/** Of the answer that is read, bytes. */
const READ = 2048;
/** From http to https, or to another machine of the same provider. */
const REDIRECTS = 2;

/**
 * Keeps names at a provider of dyndns2.
 * @throws TellyportError `config-invalid` when the address is none
 */
export function createDyndns2Client(options: Dyndns2Options, { fetch, version }: Dyndns2Deps): NameProvider {
  const [example] = updateUrls(options, options.hostnames[0] ?? "", { ipv4: "192.0.2.1", ipv6: null });
  const server = example?.host ?? "";
  const basic = Buffer.from(`${options.user}:${options.password}`).toString("base64");
  const headers = {
    "user-agent": `Tellyport/${version}`,
    ...(options.user !== "" && !hasPasswordInUrl(options) && { authorization: `Basic ${basic}` }),
  };

  async function ask(url: URL, signal: AbortSignal): Promise<ProviderResult> {
    try {
      const request = { reach: namedReach(url), signal, limits: LIMITS, headers, redirects: REDIRECTS };
      const answer = await fetch(url, request);
      const pieces: Uint8Array[] = [];
      let length = 0;
      for await (const piece of answer.body) {
        pieces.push(piece);
        length += piece.length;
        if (length >= READ) break;
      }
      const body = Buffer.concat(pieces).subarray(0, READ).toString("utf8");
      return judgeAnswer(server, answer.status, body, answer.headers["retry-after"]);
    } catch (error) {
      if (signal.aborted) throw error;
      if (error instanceof FetchFailure) return { kind: "wait", message: `${server}: ${error.trouble}.` };
      // What the address leads to is not asked: nothing but another address changes that.
      if (isTellyportError(error, "fetch-refused")) return { kind: "stopped", message: error.message };
      throw error;
    }
  }

  return {
    name: `${options.hostnames.join(", ")} at ${server}`,
    async update(addresses, signal) {
      const results: ProviderResult[] = [{ kind: "unchanged", message: "There was nothing to be done." }];
      for (const hostname of options.hostnames) {
        for (const url of updateUrls(options, hostname, addresses)) {
          const result = await ask(url, signal);
          results.push(result);
          // A server in trouble is not asked for the others.
          if (result.kind === "wait") return worstOf(results);
        }
      }
      return worstOf(results.slice(1).length > 0 ? results.slice(1) : results);
    },
  };
}
