import type { Box } from "../../src/protocol/api.ts";
import { askFragment, normaliseCode } from "../../src/protocol/pairing.ts";

/** Where an owner's phone opens this code: the box's secure page, if it has one, since owners are at home there. */
export function askAddress(
  code: string,
  page: { protocol: string; host: string; hostname: string },
  box: Pick<Box, "https">,
): string {
  const origin =
    page.protocol === "https:" || box.https === null
      ? `${page.protocol}//${page.host}`
      : `https://${page.hostname}:${box.https.port}`;
  return `${origin}/${askFragment(normaliseCode(code) ?? code)}`;
}
