import type { Daemon } from "./daemon.ts";
import { onTheWire } from "./key-phone.ts";

const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url");

/**
 * An access token that looks like the box's own in all but its signature.
 * @param client that it names: only for one that was paired must the signature be checked to know
 */
export async function forgedToken(box: Daemon, client = "a".repeat(16)): Promise<string> {
  const { keys } = (await onTheWire(box.url, "/.well-known/jwks.json")).body as {
    keys: { kid: string; alg: string }[];
  };
  const { id } = (await onTheWire(box.url, "/api/v1/box")).body as { id: string };
  const issuer = `urn:tellyport:box:${id}`;
  const kid = keys.find(({ alg }) => alg === "ES256")?.kid;
  const claims = {
    iss: issuer,
    aud: issuer,
    sub: client,
    sid: "x",
    cnf: { jkt: "y" },
    nbf: 0,
    exp: 9e9,
  };
  return `${part({ alg: "ES256", typ: "at+jwt", kid })}.${part(claims)}.${"A".repeat(86)}`;
}
