import type { Database } from "../../kernel/store/database.ts";
import { serviceKeyText, type ServiceKey } from "../../tuner/index.ts";
import { MAX_SERVICES } from "./slots.ts";

/** Services by small numbers, which every row has. */
export class ServiceNumbers {
  readonly #numbers = new Map<string, number>();
  readonly #keys = new Map<number, ServiceKey>();
  readonly #insert;

  constructor(database: Database) {
    this.#insert = database.prepare("INSERT INTO guide_service (id, key) VALUES (?, ?)");
    for (const row of database.prepare("SELECT id, key FROM guide_service").all())
      this.#hold(Number(row["id"]), row["key"] as string);
  }

  find(service: ServiceKey): number | null {
    return this.#numbers.get(serviceKeyText(service)) ?? null;
  }

  keyOf(number: number): ServiceKey | null {
    return this.#keys.get(number) ?? null;
  }

  /** @returns null when there is no number left */
  numberOf(service: ServiceKey): number | null {
    const known = this.find(service);
    if (known !== null) return known;
    const number = this.#keys.size + 1;
    if (number >= MAX_SERVICES) return null;
    this.#insert.run(number, serviceKeyText(service));
    this.#hold(number, serviceKeyText(service));
    return number;
  }

  #hold(number: number, key: string): void {
    const [originalNetworkId = 0, transportStreamId = 0, serviceId = 0] = key.split(".").map(Number);
    this.#numbers.set(key, number);
    this.#keys.set(number, { originalNetworkId, transportStreamId, serviceId });
  }
}
