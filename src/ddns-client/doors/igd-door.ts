import { addressClass } from "../../kernel/safe-fetch/address-class.ts";
import type {
  CheckAnswer,
  DoorLease,
  DoorProtocol,
  DoorRefusal,
  DoorWish,
  OpenAnswer,
  RefusalReason,
  RouterWord,
} from "./door-protocol.ts";
import type { Way } from "./gateway.ts";
import type { IgdDevice } from "./igd-device.ts";
import { addMapping, deleteMapping, GET_ADDRESS, getMapping, type IgdMapping } from "./igd-orders.ts";
import { IGD_ERRORS, igdWords, type IgdService, type SoapAnswer } from "./igd.ts";

type Refused = Extract<SoapAnswer, { kind: "refused" }>;

/** A router that maps ports by UPnP. */
export class IgdDoor implements DoorProtocol {
  readonly name = "igd";
  readonly pollMs = 60_000;
  readonly #device: IgdDevice;
  readonly #way: Way;
  readonly #description: string;

  /** @param description of the mapping in the router's list */
  constructor(device: IgdDevice, way: Way, description: string) {
    this.#device = device;
    this.#way = way;
    this.#description = description;
  }

  async probe(signal: AbortSignal): Promise<RouterWord | null> {
    const connection = await this.#connection(signal);
    if (connection === null) return null;
    const { address } = connection;
    const refusal: DoorRefusal = { protocol: "igd", reason: "no-address", words: "UPnP no external address" };
    return { protocol: "igd", externalAddress: address, refusal: address === null ? refusal : null };
  }

  async open(wish: DoorWish, held: DoorLease | null, signal: AbortSignal): Promise<OpenAnswer> {
    const connection = await this.#connection(signal);
    if (connection === null) return { kind: "silent" };
    const { service, address } = connection;
    let mapping: IgdMapping = {
      client: this.#way.client,
      ...wish,
      lifetime: held?.lifetime === 0 ? 0 : wish.lifetime,
      description: this.#description,
    };
    let action: "AddPortMapping" | "AddAnyPortMapping" = "AddPortMapping";
    // Each of the three things that a router may want otherwise, once.
    for (let tries = 0; tries < 4; tries++) {
      const answer = await this.#device.order(service, addMapping(mapping, action), signal);
      if (answer === null) return { kind: "silent" };
      if (answer.kind === "done") return { kind: "open", lease: leaseOf(mapping, answer, address) };
      const { code } = answer;
      if ((code === IGD_ERRORS.onlyPermanent || code === 402) && mapping.lifetime > 0) {
        mapping = { ...mapping, lifetime: 0 };
      } else if (code === IGD_ERRORS.samePorts && mapping.externalPort !== mapping.internalPort) {
        mapping = { ...mapping, externalPort: mapping.internalPort };
      } else if (
        code === IGD_ERRORS.conflict &&
        action === "AddPortMapping" &&
        service.type.endsWith("WANIPConnection:2")
      ) {
        action = "AddAnyPortMapping";
      } else {
        const refusal = igdRefusal(answer, address);
        return code === IGD_ERRORS.conflict || code === 729
          ? { kind: "taken", refusal }
          : { kind: "refused", refusal, externalAddress: address };
      }
    }
    return { kind: "silent" };
  }

  async check(lease: DoorLease, signal: AbortSignal): Promise<CheckAnswer> {
    const connection = await this.#connection(signal);
    if (connection === null) return { kind: "silent" };
    const entry = await this.#device.order(connection.service, getMapping(lease.externalPort), signal);
    if (entry === null) return { kind: "silent" };
    if (entry.kind === "refused") {
      // What else it may say is no news of the mapping.
      if (entry.code === IGD_ERRORS.noSuchMapping) return { kind: "lost" };
    } else {
      const { NewInternalClient: client, NewInternalPort: port, NewEnabled: enabled } = entry.values;
      const isOurs = client === lease.client && Number(port) === lease.internalPort;
      if (!isOurs || /^(0|false|no)$/i.test(enabled ?? "")) return { kind: "lost" };
    }
    return { kind: "same", externalAddress: connection.address };
  }

  async close({ externalPort, client }: DoorLease, signal: AbortSignal): Promise<void> {
    const connection = await this.#connection(signal);
    if (connection === null) return;
    // Another machine may have it by now, and many a router lets anybody delete.
    const entry = await this.#device.order(connection.service, getMapping(externalPort), signal);
    if (entry?.kind === "done" && entry.values["NewInternalClient"] !== client) return;
    await this.#device.order(connection.service, deleteMapping(externalPort), signal);
  }

  /** The first connection that has an address, else the first; null when the router does not answer as an IGD. */
  async #connection(
    signal: AbortSignal,
  ): Promise<{ readonly service: IgdService; readonly address: string | null } | null> {
    const description = await this.#device.find(signal);
    let first: { service: IgdService; address: null } | null = null;
    for (const service of description?.connections ?? []) {
      const answer = await this.#device.order(service, GET_ADDRESS, signal);
      if (answer === null) continue;
      const text = answer.kind === "done" ? (answer.values["NewExternalIPAddress"] ?? "") : "";
      const kind = addressClass(text);
      if (kind !== null && kind !== "unspecified") return { service, address: text };
      first ??= { service, address: null };
    }
    return first;
  }
}

function leaseOf(
  { client, internalPort, externalPort, lifetime }: IgdMapping,
  { values }: Extract<SoapAnswer, { kind: "done" }>,
  externalAddress: string | null,
): DoorLease {
  const reserved = Number(values["NewReservedPort"]);
  const isPort = Number.isInteger(reserved) && reserved > 0 && reserved < 65_536;
  return {
    protocol: "igd",
    client,
    internalPort,
    externalPort: isPort ? reserved : externalPort,
    externalAddress,
    lifetime,
  };
}

/** What a router's error means for the mapping. */
export function igdRefusal(answer: Refused, externalAddress: string | null): DoorRefusal {
  const { code } = answer;
  const isShut = externalAddress === null || addressClass(externalAddress) !== "global";
  const reason: RefusalReason =
    code === IGD_ERRORS.notAuthorized || code === IGD_ERRORS.pinholesNotAllowed
      ? "not-allowed"
      : code === IGD_ERRORS.actionFailed && isShut
        ? "no-address"
        : code === IGD_ERRORS.noPortsAvailable || code === IGD_ERRORS.conflict
          ? "no-room"
          : "other";
  return { protocol: "igd", reason, words: igdWords(answer) };
}
