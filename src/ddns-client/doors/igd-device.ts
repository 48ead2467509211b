import { isIPv6 } from "node:net";
import type { Clock } from "../../kernel/clock.ts";
import { createSafeFetch, HOME, type Reach, type SafeFetch } from "../../kernel/safe-fetch/index.ts";
import { ssdpSearch } from "../../kernel/ssdp-search.ts";
import type { Way } from "./gateway.ts";
import {
  IGD_TARGETS,
  parseIgdDescription,
  parseSoapAnswer,
  soapRequest,
  type IgdDescription,
  type IgdOrder,
  type IgdService,
  type SoapAnswer,
} from "./igd.ts";
import { LONGEST_XML } from "./small-xml.ts";

export interface IgdDeps {
  readonly clock: Clock;
  readonly fetch: SafeFetch;
  /** The way by IPv4: descriptions are searched for on it. */
  readonly way: Way;
  /** Where the search goes; default: the multicast group. */
  readonly searchTo?: { readonly address: string; readonly port: number };
  /** How far the gateway's URLs may lead; default: machines of the home network. All of them are on the gateway's address in any case. */
  readonly reach?: Reach;
}

/** Descriptions of one router that are looked at: it answers once for each device and each version. */
const MOST_LOCATIONS = 4;
const LIMITS = { answerMs: 5000, wholeMs: 8000, silenceMs: 5000, bodyBytes: LONGEST_XML };

/** The router as an Internet Gateway Device: found once, and again after it did not answer. */
export class IgdDevice {
  readonly #deps: IgdDeps;
  #found: IgdDescription | null = null;

  constructor(deps: IgdDeps) {
    this.#deps = deps;
  }

  /** Its description; null when it has none, or did not answer. Never fails. */
  async find(signal: AbortSignal): Promise<IgdDescription | null> {
    this.#found ??= await this.#search(signal);
    return this.#found;
  }

  /**
   * Gives an order to a service of the device. Never fails.
   * @param by the way of IPv6, for what has to come from the address that it is about; default: as the description was found
   * @returns null when it did not answer; the next {@link find} searches again
   */
  async order(
    service: IgdService,
    order: IgdOrder,
    signal: AbortSignal,
    by: Way | null = null,
  ): Promise<SoapAnswer | null> {
    const { headers, body } = soapRequest(service.type, order);
    const answer = parseSoapAnswer(
      await (by === null
        ? this.#text(service.control, { headers, body }, signal)
        : this.#textBy(by, service.control, { headers, body }, signal)),
      order.action,
    );
    if (answer === null && !signal.aborted) this.#found = null;
    return answer;
  }

  async #search(signal: AbortSignal): Promise<IgdDescription | null> {
    const { clock, way, searchTo } = this.#deps;
    const answers = await Promise.all(
      IGD_TARGETS.map((target) =>
        ssdpSearch({
          clock,
          target,
          mx: 1,
          interfaces: [way.client],
          signal,
          ...(searchTo !== undefined && { to: searchTo }),
        }),
      ),
    );
    // T16: what is fetched is the gateway's, said by the gateway, whatever others answer.
    const locations = answers
      .flat()
      .filter(({ address }) => address === way.gateway)
      .map(({ location }) => location)
      .filter((location) => URL.canParse(location) && new URL(location).hostname === way.gateway);
    for (const location of [...new Set(locations)].slice(0, MOST_LOCATIONS)) {
      const url = new URL(location);
      const description = parseIgdDescription(await this.#text(url, {}, signal), url);
      if (description !== null) return description;
    }
    return null;
  }

  #text(url: URL, sent: Sent, signal: AbortSignal): Promise<string> {
    const { fetch, reach = HOME } = this.#deps;
    return textOf(fetch, url, { ...sent, reach }, signal);
  }

  /**
   * By the router's address of IPv6, from the box's: the router compares them. An address of the link has a zone, which URLs have no
   * place for, so a name stands for it that is resolved to this address and no other.
   * @see WANIPv6FirewallControl:1 §2.5.3, RFC 9844
   */
  #textBy(way: Way, control: URL, sent: Sent, signal: AbortSignal): Promise<string> {
    const { clock, reach = HOME } = this.#deps;
    const url = new URL(control);
    url.hostname = "gateway.invalid";
    const plain = way.gateway.replace(/%.*$/, "");
    const host = `${isIPv6(plain) ? `[${plain}]` : plain}${control.port === "" ? "" : `:${control.port}`}`;
    const fetch = createSafeFetch({ clock, resolve: async () => [way.gateway] });
    return textOf(
      fetch,
      url,
      { ...sent, headers: { ...sent.headers, host }, localAddress: way.client, reach },
      signal,
    );
  }
}

interface Sent {
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly localAddress?: string;
}

/** The body of an answer, of a refusal too; empty when there was none. */
async function textOf(
  fetch: SafeFetch,
  url: URL,
  sent: Sent & { readonly reach: Reach },
  signal: AbortSignal,
): Promise<string> {
  try {
    const answer = await fetch(url, { ...sent, signal, limits: LIMITS, redirects: 0 });
    const pieces: Uint8Array[] = [];
    for await (const piece of answer.body) pieces.push(piece);
    return Buffer.concat(pieces).toString("utf8");
  } catch {
    return ""; // A router that does not answer, or answers with more than any does, is one that has no such service.
  }
}
