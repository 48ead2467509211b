import * as Type from "typebox";
import type { Static } from "typebox";
import { COLOUR, isReadable, readableShade } from "../colour.ts";
import { section } from "./parts.ts";

/** What stands behind words in the app, `web/styles/tokens.css`: a test keeps the two equal. */
export const LIGHT_GROUNDS = ["#f5f4f1", "#ffffff", "#eceae5"] as const;
export const DARK_GROUNDS = ["#121416", "#1b1e21", "#0c0e0f"] as const;

const accent = (grounds: readonly string[], description: string, rule: string) =>
  Type.Refine(
    Type.String({
      pattern: `^$|${COLOUR}`,
      default: "",
      description,
      rule: `must be a colour in quotes, such as ${rule}`,
      provision: true,
    }),
    (colour) => colour === "" || isReadable(colour, grounds),
  );

export const brandingSection = section(
  {
    product: Type.String({
      maxLength: 32,
      default: "",
      description: "What the app is called in place of Tellyport, on home screens too; empty: Tellyport",
      provision: true,
    }),
    accent: accent(
      LIGHT_GROUNDS,
      "Colour of what can be pressed, on light ground, such as #0f6e66; empty: the app's own",
      '"#0f6e66", that can be read on light ground (WCAG AA, a contrast of 4.5 to 1): a darker one can',
    ),
    accentDark: accent(
      DARK_GROUNDS,
      "The same on dark ground, such as #5cc8bb; empty: a lighter shade of `accent`",
      '"#5cc8bb", that can be read on dark ground (WCAG AA, a contrast of 4.5 to 1): a lighter one can',
    ),
    support: Type.String({
      maxLength: 200,
      default: "",
      description: "Whom to ask for help, shown in the settings: a name, a telephone number, an address",
      provision: true,
    }),
  },
  "Whose the box is in the app",
);

/** What the app wears; members that are absent are its own. */
export interface Branding {
  readonly product?: string;
  /** `#rrggbb`, readable on light ground. */
  readonly accent?: string;
  /** `#rrggbb`, readable on dark ground. */
  readonly accentDark?: string;
  readonly support?: string;
}

/** What the configuration makes of the app's looks; null: nothing. */
export function brandingOf(config: Static<typeof brandingSection>): Branding | null {
  const { product, accent: light, support } = config;
  const dark = config.accentDark || (light && readableShade(light, "#ffffff", DARK_GROUNDS));
  const branding = {
    ...(product !== "" && { product }),
    ...(light !== "" && { accent: light }),
    ...(dark !== "" && { accentDark: dark }),
    ...(support !== "" && { support }),
  };
  return Object.keys(branding).length === 0 ? null : branding;
}
