import type { Clock } from "../../kernel/clock.ts";
import { addressClass } from "../../kernel/safe-fetch/address-class.ts";
import { askGateway, natPmpWaits, pcpWaits } from "./ask-gateway.ts";
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
import { isSamePcpEpoch, type Epoch } from "./epoch.ts";
import type { Way } from "./gateway.ts";
import { decodeNatPmp, encodeNatPmpAddress } from "./nat-pmp.ts";
import {
  answersWish,
  decodePcp,
  encodePcpAnnounce,
  encodePcpMap,
  speaksNatPmpOnly,
  type PcpAnswer,
  type PcpWish,
} from "./pcp.ts";

export interface UdpDoorDeps {
  readonly clock: Clock;
  readonly way: Way;
  /** Of the gateway. */
  readonly port: number;
  /** 0 to 1 */
  readonly random: () => number;
}

/** A datagram is sent so often: to see whether anybody is there, and to open a door of one who is. */
const PROBES = 2;
const TRIES = 3;

/** A gateway that speaks PCP: ports of IPv4, pinholes of IPv6. */
export class PcpDoor implements DoorProtocol {
  readonly name = "pcp";
  readonly pollMs = 30_000;
  readonly #deps: UdpDoorDeps;
  readonly #nonce: Uint8Array;
  #epoch: Epoch | null = null;
  #isNewEpoch = false;
  /** Whether it answers NAT-PMP as well, which tells its address without a mapping. */
  #hasNatPmp: boolean;

  /** @param nonce 12 bytes, the same for as long as the mapping shall be ours */
  constructor(deps: UdpDoorDeps, nonce: Uint8Array) {
    this.#deps = deps;
    this.#nonce = nonce;
    this.#hasNatPmp = deps.way.family === 4;
  }

  async probe(signal: AbortSignal): Promise<RouterWord | null> {
    const answer = await this.#announce(PROBES, signal);
    if (answer === null) return null;
    return { protocol: "pcp", externalAddress: null, refusal: null };
  }

  async open(wish: DoorWish, held: DoorLease | null, signal: AbortSignal): Promise<OpenAnswer> {
    const answer = await this.#map(
      { ...wish, externalAddress: held?.externalAddress ?? null, lifetime: wish.lifetime },
      TRIES,
      signal,
    );
    if (answer === null) return { kind: "silent" };
    const externalAddress = answer.kind === "map" ? answer.externalAddress : null;
    if (answer.code === 0 && answer.kind === "map") {
      // This mapping is of the epoch that the answer names.
      this.#isNewEpoch = false;
      const lease: DoorLease = {
        protocol: "pcp",
        client: this.#deps.way.client,
        internalPort: wish.internalPort,
        externalPort: answer.externalPort,
        externalAddress,
        lifetime: Math.max(1, answer.lifetime),
      };
      return { kind: "open", lease };
    }
    const refusal = pcpRefusal(answer, externalAddress);
    return answer.result === "CANNOT_PROVIDE_EXTERNAL"
      ? { kind: "taken", refusal }
      : { kind: "refused", refusal, externalAddress };
  }

  async check(lease: DoorLease, signal: AbortSignal): Promise<CheckAnswer> {
    const answer = await this.#announce(PROBES, signal);
    if (answer === null) return { kind: "silent" };
    if (this.#isNewEpoch) return { kind: "lost" };
    const address = await this.#addressByNatPmp(signal);
    const isOther = address !== null && lease.externalAddress !== null && address !== lease.externalAddress;
    return isOther ? { kind: "lost" } : { kind: "same", externalAddress: lease.externalAddress };
  }

  async close(lease: DoorLease, signal: AbortSignal): Promise<void> {
    const { internalPort, externalPort } = lease;
    await this.#map({ internalPort, externalPort, externalAddress: null, lifetime: 0 }, 1, signal);
  }

  /** @see RFC 6887 §14.1: gateways that do not know ANNOUNCE say so, and their epoch too */
  #announce(times: number, signal: AbortSignal): Promise<PcpAnswer | null> {
    return this.#ask(encodePcpAnnounce(this.#deps.way.client), times, signal, () => true);
  }

  #map(
    wish: Pick<PcpWish, "internalPort" | "externalPort" | "externalAddress" | "lifetime">,
    times: number,
    signal: AbortSignal,
  ): Promise<PcpAnswer | null> {
    const { internalPort, externalPort, externalAddress, lifetime } = wish;
    const whole: PcpWish = {
      client: this.#deps.way.client,
      nonce: this.#nonce,
      internalPort,
      externalPort,
      externalAddress,
      lifetime,
    };
    const isOurs = (answer: PcpAnswer): boolean => answersWish(answer, whole) || answer.kind === "other";
    return this.#ask(encodePcpMap(whole), times, signal, isOurs);
  }

  async #ask(
    question: Buffer,
    times: number,
    signal: AbortSignal,
    isOurs: (answer: PcpAnswer) => boolean,
  ): Promise<PcpAnswer | null> {
    const { clock, way, port, random } = this.#deps;
    const answer = await askGateway<PcpAnswer | "nat-pmp">({
      clock,
      from: way.client,
      to: { address: way.gateway, port },
      question,
      read: (message) => {
        const read = decodePcp(message);
        if (read !== null && isOurs(read)) return read;
        return speaksNatPmpOnly(message) ? "nat-pmp" : null;
      },
      waits: pcpWaits(times, random),
      signal,
    });
    // Another version than ours is none that we speak.
    if (answer === null || answer === "nat-pmp" || answer.result === "UNSUPP_VERSION") return null;
    const now = { server: answer.epoch, client: clock.monotonic() / 1000 };
    if (this.#epoch !== null && !isSamePcpEpoch(this.#epoch, now)) this.#isNewEpoch = true;
    this.#epoch = now;
    return answer;
  }

  /** PCP itself tells the address only with a mapping. */
  async #addressByNatPmp(signal: AbortSignal): Promise<string | null> {
    if (!this.#hasNatPmp) return null;
    const { clock, way, port } = this.#deps;
    const answer = await askGateway({
      clock,
      from: way.client,
      to: { address: way.gateway, port },
      question: encodeNatPmpAddress(),
      // PCP alone is said in its own version.
      read: (message) => decodeNatPmp(message) ?? decodePcp(message),
      waits: natPmpWaits(2),
      signal,
    });
    if (answer?.kind === "address" && "externalAddress" in answer) return answer.externalAddress;
    if (!signal.aborted) this.#hasNatPmp = false;
    return null;
  }
}

function pcpRefusal({ result, code }: PcpAnswer, externalAddress: string | null): DoorRefusal {
  const isShut = externalAddress !== null && addressClass(externalAddress) !== "global";
  const reason: RefusalReason =
    result === "NOT_AUTHORIZED"
      ? "not-allowed"
      : result === "NETWORK_FAILURE" || result === "ADDRESS_MISMATCH" || isShut
        ? "no-address"
        : result === "NO_RESOURCES" || result === "USER_EX_QUOTA" || result === "CANNOT_PROVIDE_EXTERNAL"
          ? "no-room"
          : "other";
  return { protocol: "pcp", reason, words: `PCP ${code} ${result}` };
}
