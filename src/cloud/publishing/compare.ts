import { RECORD_TYPES, type DnsPublisher, type NameRecords, type RecordType } from "../ports.ts";

export interface Difference {
  readonly name: string;
  readonly type: RecordType;
  readonly wanted: readonly string[];
  readonly served: readonly string[];
}

/** Asks the name server for every type of a name, and says what is otherwise than it should. @throws as `DnsPublisher.read` */
export async function differences(
  publisher: DnsPublisher,
  { name, sets }: NameRecords,
  signal: AbortSignal,
  types: readonly RecordType[] = RECORD_TYPES,
): Promise<Difference[]> {
  const found: Difference[] = [];
  const isAlias = sets.some(({ type }) => type === "CNAME");
  for (const type of types) {
    const wanted = sets.find((set) => set.type === type)?.values ?? [];
    // Of a name that is an alias every type is the alias's own (RFC 1034 §3.6.2).
    if (isAlias && type !== "CNAME") continue;
    const served = await publisher.read(name, type, signal);
    if (!sameSet(wanted, served)) found.push({ name, type, wanted, served });
  }
  return found;
}

function sameSet(one: readonly string[], other: readonly string[]): boolean {
  const others = new Set(other);
  return new Set(one).size === others.size && one.every((value) => others.has(value));
}
