import type { Box } from "../src/protocol/api.ts";

/** Takes on the looks that the installer chose, which the box has judged. Comes after the first load: few boxes have any. */
export function wear({ branding: { accent, accentDark, product } = {} }: Box): void {
  const { style } = document.documentElement;
  if (accent !== undefined) style.setProperty("--light", accent);
  if (accentDark !== undefined) style.setProperty("--dark", accentDark);
  if (product !== undefined) document.title = product;
}
