import { isDeepStrictEqual } from "node:util";
import { Catalogue } from "./catalogue.ts";
import type { OtherService } from "./mux-tables.ts";
import { serviceKeyText, type Multiplex, type Service, type ServiceKey } from "./ports.ts";

/** What the tables of a multiplex say. */
export interface Contents {
  services(): readonly Service[];
  others(): readonly OtherService[];
}

/** What was found on multiplexes that are not in the list (a scan's) and may be in it next; so many are remembered. */
const MAX_STRANGERS = 512;

/** The multiplexes that can be received, and what is known to be on them. */
export class LineUp {
  readonly #catalogue = new Catalogue();
  #multiplexes: ReadonlyMap<string, Multiplex> = new Map();
  /** Multiplexes that did not lock when last tried. */
  readonly #unreceived = new Set<string>();
  /** Services of other transport streams than their own that multiplexes name. */
  readonly #named = new Map<string, OtherService>();
  readonly #strangers = new Map<string, { multiplex: Multiplex; contents: Contents }>();

  constructor(multiplexes: readonly Multiplex[]) {
    this.setMultiplexes(multiplexes);
  }

  services(): readonly Service[] {
    return this.#catalogue.services();
  }

  find(key: ServiceKey): Service | null {
    return this.#catalogue.find(key);
  }

  /** Services of one multiplex. */
  of(multiplex: string): readonly Service[] {
    return this.#catalogue.of(multiplex);
  }

  get multiplexes(): ReadonlyMap<string, Multiplex> {
    return this.#multiplexes;
  }

  /** Whether this very multiplex, delivery and all, is in the list. */
  has(multiplex: Multiplex): boolean {
    return isDeepStrictEqual(this.#multiplexes.get(multiplex.id), multiplex);
  }

  /** Whether it locked, or was not tried. */
  hasSignal(multiplex: string): boolean {
    return !this.#unreceived.has(multiplex);
  }

  /**
   * From now on these. Services of those that are gone are forgotten, and what was found on new ones before is known.
   * @returns whether services came or went
   */
  setMultiplexes(multiplexes: readonly Multiplex[]): boolean {
    const before = this.#multiplexes;
    this.#multiplexes = new Map(multiplexes.map((multiplex) => [multiplex.id, multiplex]));
    let changed = false;
    for (const multiplex of before.values()) {
      if (this.has(multiplex)) continue;
      this.#unreceived.delete(multiplex.id);
      changed = this.#catalogue.update(multiplex.id, []) || changed;
    }
    for (const { multiplex, contents } of [...this.#strangers.values()])
      if (this.has(multiplex)) changed = this.update(multiplex, contents) || changed;
    return changed;
  }

  /**
   * What was known earlier of multiplexes in the list that were not received since.
   * @returns whether anything was added
   */
  restore(services: readonly Service[]): boolean {
    return this.#catalogue.restore(
      services.flatMap((service) => {
        const multiplex = this.#multiplexes.get(service.multiplex.id);
        return multiplex === undefined ? [] : [{ ...service, multiplex }];
      }),
    );
  }

  /** What a multiplex says of itself now. @returns whether anything differs */
  update(multiplex: Multiplex, contents: Contents): boolean {
    this.#strangers.delete(multiplex.id);
    if (!this.has(multiplex)) {
      const oldest = this.#strangers.keys().next().value;
      if (this.#strangers.size >= MAX_STRANGERS && oldest !== undefined) this.#strangers.delete(oldest);
      const services = contents.services();
      const others = contents.others();
      this.#strangers.set(multiplex.id, {
        multiplex,
        contents: { services: () => services, others: () => others },
      });
      return false;
    }
    const updated = this.#catalogue.update(multiplex.id, contents.services());
    for (const other of contents.others())
      this.#named.set(serviceKeyText({ ...other, serviceId: other.service.serviceId }), other);
    return this.#nameUnreceived() || updated;
  }

  /** It has locked. @returns whether that is news */
  received(multiplex: string): boolean {
    return this.#unreceived.delete(multiplex);
  }

  /** It did not lock. @returns whether that is news */
  unreceived(multiplex: string): boolean {
    if (!this.#multiplexes.has(multiplex)) return false;
    const news = !this.#unreceived.has(multiplex);
    this.#unreceived.add(multiplex);
    return this.#nameUnreceived() || news;
  }

  /**
   * Which transport stream a multiplex without lock would carry is known by elimination only: every other multiplex has
   * shown its own, and one that the tables name is left over.
   */
  #nameUnreceived(): boolean {
    const services = this.#catalogue.services();
    const shown = new Set(services.map((service) => service.multiplex.id));
    const silent = [...this.#multiplexes.values()].filter((multiplex) => !shown.has(multiplex.id));
    const multiplex = silent[0];
    if (multiplex === undefined || silent.length > 1 || !this.#unreceived.has(multiplex.id)) return false;
    const claimed = new Set(services.map(({ key }) => `${key.originalNetworkId}.${key.transportStreamId}`));
    const left = [...this.#named.values()].filter(
      (other) => !claimed.has(`${other.originalNetworkId}.${other.transportStreamId}`),
    );
    const streams = new Set(left.map((other) => `${other.originalNetworkId}.${other.transportStreamId}`));
    return streams.size === 1 && this.#catalogue.addNamed(multiplex, left);
  }
}
