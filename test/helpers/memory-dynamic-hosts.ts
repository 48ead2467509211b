import { TellyportError } from "../../src/kernel/errors.ts";
import { hashOfToken } from "../../src/cloud/dyndns2/credentials.ts";
import type { DynamicHost, DynamicHosts } from "../../src/cloud/ports.ts";

/** Names that are updated by dyndns2, in memory; nothing is counted for longer than the test. */
export class MemoryDynamicHosts implements DynamicHosts {
  /** How often anything was written. */
  writes = 0;
  /** Every call fails so, while it is set. */
  trouble: "store-unavailable" | "dns-unavailable" | null = null;
  readonly #hosts = new Map<string, DynamicHost>();
  readonly #unchanged = new Map<string, number>();
  readonly #addresses = new Map<string, Set<string>>();

  add(name: string, token: string, more: Partial<DynamicHost> = {}): void {
    this.#hosts.set(name, {
      name,
      tokenHash: hashOfToken(token),
      ipv4: null,
      ipv6: null,
      blocked: false,
      ...more,
    });
  }

  /** @returns addresses of a name, those that it has */
  at(name: string): string[] {
    const host = this.#hosts.get(name);
    return [host?.ipv4, host?.ipv6].flatMap((address) => address ?? []);
  }

  /** As if so many updates of a name had changed nothing. */
  setUnchanged(name: string, count: number): void {
    this.#unchanged.set(name, count);
  }

  async find(names: readonly string[]): Promise<readonly DynamicHost[]> {
    this.#check();
    return names.flatMap((name) => this.#hosts.get(name) ?? []);
  }

  async set(changes: Parameters<DynamicHosts["set"]>[0]): Promise<void> {
    this.#check();
    this.writes++;
    for (const change of changes) {
      const host = this.#hosts.get(change.name);
      if (host === undefined) throw new Error(`there is no ${change.name}`);
      const { ipv4 = host.ipv4, ipv6 = host.ipv6 } = change;
      this.#hosts.set(change.name, { ...host, ipv4, ipv6 });
    }
  }

  async countUnchanged(name: string): Promise<number> {
    this.#check();
    const count = (this.#unchanged.get(name) ?? 0) + 1;
    this.#unchanged.set(name, count);
    return count;
  }

  async countChange(name: string, address: string): Promise<number> {
    this.#check();
    const known = this.#addresses.get(name) ?? new Set();
    this.#addresses.set(name, known.add(address));
    return known.size;
  }

  #check(): void {
    if (this.trouble !== null) throw new TellyportError(this.trouble, "It is broken, for a test.");
  }
}
