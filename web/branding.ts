import type { Box } from "../src/protocol/api.ts";

/**
 * Takes on the looks that the installer chose, which the box has judged. Comes after the first load: few boxes have any.
 * @throws where style sheets cannot be made by script (Safari before 16.4): the app has its own colours there
 */
export function wear({ branding: { accent, accentDark, product } = {} }: Box): void {
  if (product !== undefined) {
    document.title = product;
    // What iOS calls it on the home screen; others take the manifest's name.
    for (const meta of document.querySelectorAll<HTMLMetaElement>(
      'meta[name="apple-mobile-web-app-title"], meta[name="application-name"]',
    ))
      meta.content = product;
  }
  const rule = (colour: string | undefined): string =>
    colour === undefined ? "" : `:root{--accent:${colour}}`;
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(`${rule(accent)}@media (prefers-color-scheme:dark){${rule(accentDark)}}`);
  document.adoptedStyleSheets = [sheet];
}
