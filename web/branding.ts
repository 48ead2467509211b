import type { Box } from "../src/protocol/api.ts";
import { callProduct, followBox } from "./i18n/index.ts";

/** Takes on the looks and the language that the installer chose. The box has judged the colours. */
export function wear({ branding, language }: Box): void {
  const { style } = document.documentElement;
  for (const [name, colour] of [
    ["--brand", branding?.accent],
    ["--brand-dark", branding?.accentDark],
  ] as const)
    if (colour !== undefined) style.setProperty(name, colour);
  if (branding?.product !== undefined) callProduct((document.title = branding.product));
  if (language !== undefined) followBox(language);
}
