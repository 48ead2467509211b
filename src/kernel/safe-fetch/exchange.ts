import { request as requestHttp, type IncomingMessage, type RequestOptions } from "node:http";
import { request as requestHttps } from "node:https";
import { isIPv6, type LookupFunction } from "node:net";
import { rootCertificates } from "node:tls";

/** Of an answer's head, bytes. */
const HEAD_BYTES = 16 * 1024;
/** Until the next of several addresses is tried, ms. */
const NEXT_ADDRESS_MS = 1000;

/** What is sent beside the address. */
export interface Outgoing {
  readonly headers: Readonly<Record<string, string>>;
  /** Default: GET, with a body POST. */
  readonly method?: "GET" | "HEAD" | "POST" | undefined;
  readonly body?: string | Uint8Array | undefined;
  /** Authorities that are trusted beside the system's, PEM. */
  readonly ca?: string | undefined;
  /** Own address from which it goes; default: the system's choice. */
  readonly localAddress?: string | undefined;
}

/**
 * One request on a connection of its own, to nobody but the given addresses whatever the URL's name resolves to by now. Resolves with
 * the head of the answer; redirects are not followed, and a wrong certificate is an error.
 * @param url its user, password and fragment are not sent
 * @param addresses that the name was resolved to, or the URL's own
 */
export function exchange(
  url: URL,
  addresses: readonly string[],
  { headers, body, method = body === undefined ? "GET" : "POST", ca, localAddress }: Outgoing,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason as Error);
    const send = url.protocol === "https:" ? requestHttps : requestHttp;
    const options: RequestOptions & { autoSelectFamilyAttemptTimeout: number } = {
      // Kept alive, a connection would outlive what was judged.
      agent: false,
      method,
      headers: {
        accept: "*/*",
        "user-agent": "Tellyport",
        ...(body !== undefined && { "content-length": String(Buffer.byteLength(body)) }),
        ...headers,
      },
      ...(ca !== undefined && { ca: [...rootCertificates, ca] }),
      ...(localAddress !== undefined && { localAddress }),
      maxHeaderSize: HEAD_BYTES,
      lookup: pinned(addresses),
      autoSelectFamilyAttemptTimeout: NEXT_ADDRESS_MS,
    };
    const request = send(withoutUserInfo(url), options);
    const onAbort = (): void => void request.destroy(signal.reason as Error);
    const settle = (): void => signal.removeEventListener("abort", onAbort);
    signal.addEventListener("abort", onAbort, { once: true });
    // Errors behind the answer are the answer's; this listener keeps them from being nobody's.
    request.on("error", (error) => {
      settle();
      reject(error);
    });
    request.once("close", () => {
      settle();
      reject(new Error("The connection was closed without an answer."));
    });
    request.once("response", (response) => {
      settle();
      response.on("error", () => undefined);
      resolve(response);
    });
    request.end(body);
  });
}

/** Answers every question for a name with what was judged. */
function pinned(addresses: readonly string[]): LookupFunction {
  const entries = addresses.map((address) => ({ address, family: isIPv6(address) ? 6 : 4 }));
  return (_name, options, done) => {
    const [first] = entries;
    if (options.all === true) done(null, entries);
    else if (first === undefined) done(new Error("No address was judged."), "", 0);
    else done(null, first.address, first.family);
  };
}

function withoutUserInfo(url: URL): URL {
  const bare = new URL(url);
  bare.username = "";
  bare.password = "";
  bare.hash = "";
  return bare;
}
