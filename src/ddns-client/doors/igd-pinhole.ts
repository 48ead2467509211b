import type {
  CheckAnswer,
  DoorLease,
  DoorProtocol,
  DoorWish,
  OpenAnswer,
  RouterWord,
} from "./door-protocol.ts";
import type { Way } from "./gateway.ts";
import { igdRefusal } from "./igd-door.ts";
import type { IgdDevice } from "./igd-device.ts";
import { addPinhole, deletePinhole, GET_FIREWALL, updatePinhole } from "./igd-orders.ts";
import type { IgdOrder, IgdService, SoapAnswer } from "./igd.ts";

/** Nothing is shut, so nothing is opened. @see WANIPv6FirewallControl:1 §2.5.3 */
const FIREWALL_DISABLED = 702;

/**
 * A router that opens its IPv6 firewall by UPnP. The order comes from the address that it is about, or the router refuses it; so it
 * goes to the router's address of IPv6, at the port that its description names.
 * @see WANIPv6FirewallControl:1
 */
export class IgdPinhole implements DoorProtocol {
  readonly name = "igd";
  readonly pollMs = 60_000;
  readonly #device: IgdDevice;
  readonly #way: Way;

  /** @param way of IPv6 */
  constructor(device: IgdDevice, way: Way) {
    this.#device = device;
    this.#way = way;
  }

  async probe(signal: AbortSignal): Promise<RouterWord | null> {
    const firewall = await this.#firewall(signal);
    if (firewall === null) return null;
    const answer = await this.#device.order(firewall, GET_FIREWALL, signal);
    if (answer === null) return null;
    const isShut = answer.kind === "done" && answer.values["InboundPinholeAllowed"] === "0";
    const words = "UPnP InboundPinholeAllowed 0";
    return {
      protocol: "igd",
      externalAddress: null,
      refusal: isShut ? { protocol: "igd", reason: "not-allowed", words } : null,
    };
  }

  async open(wish: DoorWish, held: DoorLease | null, signal: AbortSignal): Promise<OpenAnswer> {
    const { client } = this.#way;
    const lease = {
      protocol: "igd",
      client,
      internalPort: wish.internalPort,
      externalPort: wish.internalPort,
      externalAddress: client,
      lifetime: wish.lifetime,
    } as const;
    if (held?.pinhole !== undefined && held.client === client && held.internalPort === wish.internalPort) {
      const kept = await this.#order(updatePinhole(held.pinhole, wish.lifetime), signal);
      if (kept?.kind === "done") return { kind: "open", lease: { ...lease, pinhole: held.pinhole } };
    }
    const answer = await this.#order(addPinhole(client, wish.internalPort, wish.lifetime), signal);
    if (answer === null) return { kind: "silent" };
    if (answer.kind === "refused") {
      if (answer.code === FIREWALL_DISABLED) return { kind: "open", lease: { ...lease, lifetime: 0 } };
      return { kind: "refused", refusal: igdRefusal(answer, client), externalAddress: client };
    }
    const id = Number(answer.values["UniqueID"]);
    return { kind: "open", lease: Number.isInteger(id) ? { ...lease, pinhole: id } : lease };
  }

  async check({ pinhole, lifetime, externalAddress }: DoorLease, signal: AbortSignal): Promise<CheckAnswer> {
    // There is nothing to read it by; to renew it tells whether it is there.
    if (pinhole === undefined) return { kind: "same", externalAddress };
    const answer = await this.#order(updatePinhole(pinhole, lifetime), signal);
    if (answer === null) return { kind: "silent" };
    // 704 by the standard; miniupnpd says 402.
    return answer.kind === "refused" ? { kind: "lost" } : { kind: "same", externalAddress };
  }

  async close({ pinhole }: DoorLease, signal: AbortSignal): Promise<void> {
    if (pinhole !== undefined) await this.#order(deletePinhole(pinhole), signal);
  }

  async #order(order: IgdOrder, signal: AbortSignal): Promise<SoapAnswer | null> {
    const firewall = await this.#firewall(signal);
    return firewall === null ? null : this.#device.order(firewall, order, signal, this.#way);
  }

  async #firewall(signal: AbortSignal): Promise<IgdService | null> {
    return (await this.#device.find(signal))?.firewall ?? null;
  }
}
