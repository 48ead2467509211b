import type { DnsPublisher, NameRecords, RecordType } from "../../src/cloud/ports.ts";

/** A name server that is a map, and answers nobody but us. */
export class MemoryPublisher implements DnsPublisher {
  readonly kind = "memory";
  readonly names = new Map<string, NameRecords>();

  async publish(_zone: string, names: readonly NameRecords[], signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    for (const one of names) {
      if (one.sets.length === 0) this.names.delete(one.name);
      else this.names.set(one.name, one);
    }
  }

  async read(name: string, type: RecordType): Promise<readonly string[]> {
    return this.names.get(name)?.sets.find((set) => set.type === type)?.values ?? [];
  }

  async close(): Promise<void> {}
}
