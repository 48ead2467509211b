import type { NameRecords, RecordSet } from "../ports.ts";
import type { AddressPolicy } from "./address-policy.ts";
import type { NamedThing, ZoneNames } from "./names.ts";

/** TTLs, s. */
const ADDRESS_TTL = 60;
const LAN_TTL = 300;
const CHALLENGE_TTL = 5;
const ALIAS_TTL = 300;
const CAA_TTL = 3600;

/** What is published of a box that may have anything published. */
export interface PublishedBox {
  readonly ipv4: string | null;
  readonly ipv6: string | null;
  readonly lan: readonly string[];
  /** Values that are not over. */
  readonly challenge: readonly string[];
}

/** What is published of a label in use. */
export type PublishedLabel =
  | { readonly kind: "alias"; readonly box: string }
  | { readonly kind: "host"; readonly ipv4: string | null; readonly ipv6: string | null };

export interface RecordRules {
  readonly names: ZoneNames;
  readonly policy: AddressPolicy;
  /** `0 issue letsencrypt.org`, ... */
  readonly caa: readonly string[];
}

/**
 * Everything that a name shall have.
 * @param thing what the name stands for; null: nothing of the registry's
 */
export function recordsOf(
  name: string,
  thing: NamedThing | null,
  state: { readonly box: PublishedBox | undefined; readonly label: PublishedLabel | undefined },
  rules: RecordRules,
): NameRecords {
  return { name, sets: thing === null ? [] : setsOf(thing, state, rules) };
}

function setsOf(
  thing: NamedThing,
  { box, label }: { readonly box: PublishedBox | undefined; readonly label: PublishedLabel | undefined },
  { names, policy, caa }: RecordRules,
): RecordSet[] {
  switch (thing.kind) {
    case "box":
      return box === undefined ? [] : [...publicSets(box, policy), ...setOf("CAA", CAA_TTL, caa)];
    case "wide":
      return box === undefined ? [] : publicSets(box, policy);
    case "lan": {
      const lan = box?.lan.filter(policy.isLan) ?? [];
      return addressSets(lan, LAN_TTL);
    }
    case "box-challenge":
      return setOf("TXT", CHALLENGE_TTL, box?.challenge ?? []);
    case "label":
      if (label === undefined) return [];
      return label.kind === "alias"
        ? setOf("CNAME", ALIAS_TTL, [names.below(label.box)])
        : publicSets(label, policy);
    case "label-challenge":
      return label?.kind === "alias" ? setOf("CNAME", ALIAS_TTL, [names.challenge(label.box)]) : [];
  }
}

/** Whoever wrote it into a row, what is no address of the internet is not published as one. */
function publicSets(
  { ipv4, ipv6 }: { readonly ipv4: string | null; readonly ipv6: string | null },
  policy: AddressPolicy,
): RecordSet[] {
  return addressSets([ipv4, ipv6].filter((address) => address !== null).filter(policy.isPublic), ADDRESS_TTL);
}

function addressSets(addresses: readonly string[], ttl: number): RecordSet[] {
  return [
    ...setOf(
      "A",
      ttl,
      addresses.filter((address) => !address.includes(":")),
    ),
    ...setOf(
      "AAAA",
      ttl,
      addresses.filter((address) => address.includes(":")),
    ),
  ];
}

function setOf(type: RecordSet["type"], ttl: number, values: readonly string[]): RecordSet[] {
  return values.length === 0 ? [] : [{ type, ttl, values: [...new Set(values)] }];
}
