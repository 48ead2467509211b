import { createHash } from "node:crypto";

/** Query members that carry a secret, or change from one reading of a list to the next. */
const SECRET_QUERY =
  /^(.*(token|auth|pass|pwd|secret|sig|signature|session|expires).*|key|api_?key|user(name)?|login)$/i;
/** Panels that put name and password into the path: `/live/NAME/PASSWORD/1234.ts`. */
const PANEL_PATH = /^\/(live|movie|series)\/[^/]+\/[^/]+\//;

/** An address without what nobody but its server may know. */
export function publicUrl(url: URL): URL {
  const shown = new URL(url);
  shown.username = "";
  shown.password = "";
  shown.hash = "";
  for (const name of [...shown.searchParams.keys()])
    if (SECRET_QUERY.test(name)) shown.searchParams.delete(name);
  shown.pathname = shown.pathname.replace(PANEL_PATH, "/$1/");
  return shown;
}

/** Stable id of what an address names: the same whoever asks for it. */
export function idOfUrl(url: URL): string {
  return `network:${createHash("sha256").update(publicUrl(url).href).digest("hex").slice(0, 16)}`;
}
