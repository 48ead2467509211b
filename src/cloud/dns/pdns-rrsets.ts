import { RECORD_TYPES, type NameRecords, type RecordType } from "../../protocol/dns/records.ts";

/** One entry of a PATCH. @see https://doc.powerdns.com/authoritative/http-api/zone.html */
interface PdnsRrset {
  readonly name: string;
  readonly type: RecordType;
  readonly changetype: "DELETE" | "REPLACE";
  readonly ttl?: number;
  readonly records?: readonly { readonly content: string; readonly disabled: false }[];
}

/**
 * What makes names what they shall be. What goes stands before what comes: PowerDNS takes one after another, and no alias beside
 * other records.
 */
export function pdnsRrsets(names: readonly NameRecords[]): PdnsRrset[] {
  return names.flatMap(({ name, sets }) => {
    const whole = `${name}.`;
    const kept = new Set(sets.map(({ type }) => type));
    const gone = RECORD_TYPES.filter((type) => !kept.has(type));
    return [
      ...gone.map((type) => ({ name: whole, type, changetype: "DELETE" as const })),
      ...sets.map(({ type, ttl, values }) => ({
        name: whole,
        type,
        changetype: "REPLACE" as const,
        ttl,
        records: values.map((value) => ({ content: contentOf(type, value), disabled: false as const })),
      })),
    ];
  });
}

/** A value in the notation of a zone file. @see RFC 1035 §5.1 */
function contentOf(type: RecordType, value: string): string {
  switch (type) {
    case "CNAME":
      return `${value}.`;
    case "TXT":
      return quoted(value);
    case "CAA": {
      const [, head = "", text = ""] = /^(\S+ \S+) (.*)$/s.exec(value) ?? [];
      return `${head} ${quoted(text)}`;
    }
    case "A":
    case "AAAA":
      return value;
  }
}

function quoted(text: string): string {
  let out = "";
  for (const octet of Buffer.from(text, "utf8")) {
    const character = String.fromCharCode(octet);
    if (character === '"' || character === "\\") out += `\\${character}`;
    else out += octet >= 0x20 && octet < 0x7f ? character : `\\${String(octet).padStart(3, "0")}`;
  }
  return `"${out}"`;
}
