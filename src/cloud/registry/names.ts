/** Names below a zone, and what is published at each. */

const LAN = "lan";
const WIDE = "w";
const CHALLENGE = "_acme-challenge";

/** What a name of the zone stands for. */
export type NamedThing =
  | { readonly kind: "box" | "wide" | "lan" | "box-challenge"; readonly box: string }
  | { readonly kind: "label" | "label-challenge"; readonly label: string };

const BOX_ID = /^[a-z2-7]{16}$/;

export function isBoxId(label: string): boolean {
  return BOX_ID.test(label);
}

/** Names of one zone, all in lower case without a dot at the end. */
export class ZoneNames {
  readonly zone: string;
  /** Labels right below the zone that the operator's own machines have, or have names below. */
  readonly ownLabels: ReadonlySet<string>;

  /** @param own whole names of the operator's machines; those of other zones are passed over */
  constructor(zone: string, own: readonly string[] = []) {
    this.zone = zone;
    const end = `.${zone}`;
    this.ownLabels = new Set(
      own
        .filter((name) => name.endsWith(end))
        .map((name) => name.slice(0, -end.length).split(".").at(-1) ?? ""),
    );
  }

  /** `<id>.<zone>`, or `<label>.<zone>` */
  below(label: string): string {
    return `${label}.${this.zone}`;
  }

  wide(box: string): string {
    return `${WIDE}.${box}.${this.zone}`;
  }

  lan(box: string): string {
    return `${LAN}.${box}.${this.zone}`;
  }

  challenge(label: string): string {
    return `${CHALLENGE}.${label}.${this.zone}`;
  }

  /** Every name that a box may have records at. */
  ofBox(box: string): string[] {
    return [this.below(box), this.wide(box), this.lan(box), this.challenge(box)];
  }

  /** As {@link ofBox} of an alias or a dynamic host. */
  ofLabel(label: string): string[] {
    return [this.below(label), this.challenge(label)];
  }

  /** @returns null for a name that the registry never makes */
  parse(name: string): NamedThing | null {
    const end = `.${this.zone}`;
    if (!name.endsWith(end)) return null;
    const [first = "", second, ...more] = name.slice(0, -end.length).split(".");
    if (first === "" || more.length > 0) return null;
    if (second === undefined)
      return isBoxId(first) ? { kind: "box", box: first } : { kind: "label", label: first };
    if (first === CHALLENGE)
      return isBoxId(second)
        ? { kind: "box-challenge", box: second }
        : { kind: "label-challenge", label: second };
    if (first === WIDE && isBoxId(second)) return { kind: "wide", box: second };
    return first === LAN && isBoxId(second) ? { kind: "lan", box: second } : null;
  }
}
