import type { IncomingHttpHeaders } from "node:http";
import { dpopToken, shownBy } from "./access-token.ts";
import { sameText } from "./bytes.ts";
import type { Grants } from "./grants.ts";
import { whichSecret, type Sessions } from "./sessions.ts";
import { splitSecret } from "./tokens.ts";

/** What a request shows of itself before anything is judged. */
export interface Shown {
  /** Absolute path with query, as received. */
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  /** Parsed, once it was read. */
  readonly body?: unknown;
}

/** Cookies that are looked at: a browser of ours has two. */
const COOKIES = 8;

/**
 * Tells whoever was given something by this box from whoever guesses, without checking a signature: a session's name in an
 * access token (72 random bits that are written nowhere else), a secret in a cookie or a body, a grant that was checked
 * before. It proves nothing; what it finds has limits of its own (RFC 6749 §10.10).
 * @returns the client's id, or the playback's; null for a stranger
 */
export function createRecognition(deps: {
  sessions: Pick<Sessions, "get">;
  grants: Pick<Grants, "known">;
}): (request: Shown) => string | null {
  const { sessions, grants } = deps;

  function bySecret(text: string): string | null {
    const [client, secret] = splitSecret(text);
    const session = client === undefined ? undefined : sessions.get(client);
    if (client === undefined || secret === undefined || session === undefined) return null;
    return whichSecret(session, secret) === null ? null : client;
  }

  function byToken(authorization: string): string | null {
    const token = dpopToken(authorization);
    const shown = token === undefined ? null : shownBy(token);
    if (shown === null) return null;
    const family = sessions.get(shown.client)?.family;
    return family !== undefined && sameText(family, shown.family) ? shown.client : null;
  }

  return ({ url, headers, body }) => {
    const grant = /^\/m\/([^/?#]+)\//.exec(url)?.[1];
    if (grant !== undefined) return grants.known(grant);
    if (headers.authorization !== undefined) return byToken(headers.authorization);
    for (const pair of (headers.cookie ?? "").split(";", COOKIES)) {
      const client = bySecret(pair.slice(pair.indexOf("=") + 1).trim());
      if (client !== null) return client;
    }
    const inBody =
      typeof body === "object" && body !== null && "refreshToken" in body ? body.refreshToken : null;
    return typeof inBody === "string" ? bySecret(inBody) : null;
  };
}
