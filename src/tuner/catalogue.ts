import { serviceKeyText, type Multiplex, type Service, type ServiceKey } from "./ports.ts";
import type { OtherService } from "./mux-tables.ts";
import { serviceKindOf } from "./si/sdt.ts";

/** Every service known: what each multiplex last said of itself, kept while nobody receives it. */
export class Catalogue {
  readonly #services = new Map<string, Service>();

  services(): readonly Service[] {
    return [...this.#services.values()];
  }

  find(key: ServiceKey): Service | null {
    return this.#services.get(serviceKeyText(key)) ?? null;
  }

  of(multiplex: string): readonly Service[] {
    return this.services().filter((service) => service.multiplex.id === multiplex);
  }

  /**
   * Takes over what a multiplex says now; services that it no longer has are forgotten.
   * @returns whether anything differs
   */
  update(multiplex: string, services: readonly Service[]): boolean {
    const now = new Map(services.map((service) => [serviceKeyText(service.key), service]));
    let changed = false;
    for (const [key, service] of this.#services) {
      if (service.multiplex.id !== multiplex || now.has(key)) continue;
      this.#services.delete(key);
      changed = true;
    }
    for (const [key, service] of now) {
      const before = this.#services.get(key);
      // Two multiplexes with one triplet (a capture played twice): the first keeps it.
      if (before !== undefined && before.multiplex.id !== multiplex) continue;
      const after = before === undefined ? service : withKnownNames(before, service);
      if (before !== undefined && same(before, after)) continue;
      this.#services.set(key, after);
      changed = true;
    }
    return changed;
  }

  /**
   * Adds services that were known in an earlier run, or that a scan has found; those of multiplexes that were received since
   * stay as they are.
   * @returns whether anything was added
   */
  restore(services: readonly Service[]): boolean {
    const shown = new Set(this.services().map((service) => service.multiplex.id));
    let added = false;
    for (const service of services) {
      const key = serviceKeyText(service.key);
      if (shown.has(service.multiplex.id) || this.#services.has(key)) continue;
      this.#services.set(key, service);
      added = true;
    }
    return added;
  }

  /**
   * Adds services that another multiplex names (SDT other) for one that does not lock.
   * @returns whether anything was added
   */
  addNamed(multiplex: Multiplex, named: readonly OtherService[]): boolean {
    let added = false;
    for (const { originalNetworkId, transportStreamId, service, lcn } of named) {
      const key: ServiceKey = { originalNetworkId, transportStreamId, serviceId: service.serviceId };
      if (this.#services.has(serviceKeyText(key)) || service.name.trim() === "") continue;
      this.#services.set(serviceKeyText(key), {
        key,
        multiplex,
        name: service.name,
        provider: service.provider === "" ? null : service.provider,
        kind: serviceKindOf(service.serviceType),
        lcn,
        visible: true,
        scrambled: service.freeCaMode,
        onAir: false,
      });
      added = true;
    }
    return added;
  }
}

function same(a: Service, b: Service): boolean {
  return (
    a.multiplex.id === b.multiplex.id &&
    a.name === b.name &&
    a.provider === b.provider &&
    a.kind === b.kind &&
    a.lcn === b.lcn &&
    a.simulcastLcn === b.simulcastLcn &&
    a.visible === b.visible &&
    a.scrambled === b.scrambled &&
    a.onAir === b.onAir
  );
}

/** The name that a service without an SDT entry goes by. */
export function placeholderName(serviceId: number): string {
  return `Service ${serviceId}`;
}

/** A name, once known, is not lost to a table that does not tell it. */
export function withKnownNames(before: Service, after: Service): Service {
  const unnamed = after.name.trim() === "" || after.name === placeholderName(after.key.serviceId);
  if (!unnamed) return after;
  return { ...after, name: before.name, provider: after.provider ?? before.provider };
}
