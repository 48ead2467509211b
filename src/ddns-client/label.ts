import { TellyportError } from "../kernel/errors.ts";

/** As the cloud takes them. */
const LABEL = /^[a-z0-9][a-z0-9-]{1,38}[a-z0-9]$/;

/**
 * The label of a name that a person chose, in small letters. The whole name, as it is shown, will do as well.
 * @param boxName the box's own name, beside which it is; null: there is none yet
 * @throws TellyportError `alias-unfit`
 */
export function labelOf(text: string, boxName: string | null): string {
  const name = text.trim().toLowerCase();
  const zone = boxName?.slice(boxName.indexOf(".")).toLowerCase();
  const label = zone !== undefined && name.endsWith(zone) ? name.slice(0, -zone.length) : name;
  if (!LABEL.test(label))
    throw new TellyportError(
      "alias-unfit",
      `${text} cannot be had. A name is 3 to 40 letters (a to z), digits and hyphens, and no hyphen stands at either end.`,
    );
  return label;
}
