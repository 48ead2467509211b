import { createHash, timingSafeEqual } from "node:crypto";
import { TellyportError } from "../../kernel/errors.ts";
import type { Principal } from "../../protocol/principal.ts";
import type { Authenticator } from "../../http-server/index.ts";

const OPERATOR: Principal = {
  client: "local",
  user: "local",
  terminalType: "internet",
  role: "owner",
  payer: "local",
};

/**
 * The operator: whoever may open the command line's socket, and for `/metrics` who has the token. Boxes have no accounts.
 * @param token empty: there is none
 */
export function operatorAccess(token: string): Authenticator {
  const hash = digest(token);
  return {
    async authenticate({ headers, origin }) {
      if (origin.listener === "local") return OPERATOR;
      const { authorization } = headers;
      const detail = { headers: { "www-authenticate": "Bearer" } };
      if (authorization === undefined)
        throw new TellyportError("access-token-missing", "This is the operator's.", { detail });
      const given = /^Bearer +(\S+)$/i.exec(authorization)?.[1] ?? "";
      if (token === "" || !timingSafeEqual(digest(given), hash))
        throw new TellyportError("access-token-invalid", "This is the operator's.", { detail });
      return OPERATOR;
    },
  };
}

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
