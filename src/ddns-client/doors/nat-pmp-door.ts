import { askGateway, natPmpWaits } from "./ask-gateway.ts";
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
import { isSameNatPmpEpoch, type Epoch } from "./epoch.ts";
import {
  decodeNatPmp,
  encodeNatPmpAddress,
  encodeNatPmpMap,
  type NatPmpAddress,
  type NatPmpAnswer,
  type NatPmpMap,
  type NatPmpResult,
} from "./nat-pmp.ts";
import type { UdpDoorDeps } from "./pcp-door.ts";

/** 3.75 s */
const TRIES = 4;
/**
 * Ms that are waited for the answer to the last request for a port. One that looks through its ports for a free one takes longer
 * than the answer to a question, and asking again only gives it more to do.
 */
const SEARCH_MS = 15_000;

/** A gateway that speaks NAT-PMP, of IPv4. */
export class NatPmpDoor implements DoorProtocol {
  readonly name = "nat-pmp";
  readonly pollMs = 30_000;
  readonly #deps: UdpDoorDeps;
  #epoch: Epoch | null = null;
  #isNewEpoch = false;

  constructor(deps: UdpDoorDeps) {
    this.#deps = deps;
  }

  async probe(signal: AbortSignal): Promise<RouterWord | null> {
    const answer = await this.#address(signal);
    if (answer === null || answer.result === "UNSUPPORTED_VERSION") return null;
    const refusal = answer.code === 0 ? null : natPmpRefusal(answer);
    return { protocol: "nat-pmp", externalAddress: answer.externalAddress, refusal };
  }

  async open(wish: DoorWish, _held: DoorLease | null, signal: AbortSignal): Promise<OpenAnswer> {
    const answer = await this.#map(wish, [...natPmpWaits(TRIES - 1), SEARCH_MS], signal);
    if (answer === null) return { kind: "silent" };
    if (answer.code !== 0) {
      return { kind: "refused", refusal: natPmpRefusal(answer), externalAddress: null };
    }
    this.#isNewEpoch = false;
    const address = await this.#address(signal);
    const lease: DoorLease = {
      protocol: "nat-pmp",
      client: this.#deps.way.client,
      internalPort: wish.internalPort,
      externalPort: answer.externalPort,
      externalAddress: address?.externalAddress ?? null,
      lifetime: Math.max(1, answer.lifetime),
    };
    return { kind: "open", lease };
  }

  async check(_lease: DoorLease, signal: AbortSignal): Promise<CheckAnswer> {
    const answer = await this.#address(signal);
    if (answer === null) return { kind: "silent" };
    if (this.#isNewEpoch) return { kind: "lost" };
    return { kind: "same", externalAddress: answer.externalAddress };
  }

  async close({ internalPort }: DoorLease, signal: AbortSignal): Promise<void> {
    await this.#map({ internalPort, externalPort: 0, lifetime: 0 }, natPmpWaits(2), signal);
  }

  #address(signal: AbortSignal): Promise<NatPmpAddress | null> {
    return this.#ask(encodeNatPmpAddress(), natPmpWaits(TRIES), signal, (answer) =>
      answer.kind === "address" ? answer : null,
    );
  }

  #map(wish: DoorWish, waits: readonly number[], signal: AbortSignal): Promise<NatPmpMap | null> {
    const { internalPort, externalPort, lifetime } = wish;
    const question = encodeNatPmpMap(internalPort, externalPort, lifetime);
    return this.#ask(question, waits, signal, (answer) =>
      answer.kind === "map" && (answer.internalPort === internalPort || answer.code !== 0) ? answer : null,
    );
  }

  async #ask<Answer extends NatPmpAnswer>(
    question: Buffer,
    waits: readonly number[],
    signal: AbortSignal,
    ours: (answer: NatPmpAnswer) => Answer | null,
  ): Promise<Answer | null> {
    const { clock, way, port } = this.#deps;
    const answer = await askGateway({
      clock,
      from: way.client,
      to: { address: way.gateway, port },
      question,
      read: (message) => {
        const read = decodeNatPmp(message);
        return read === null ? null : ours(read);
      },
      waits,
      signal,
    });
    if (answer === null) return null;
    const now = { server: answer.epoch, client: clock.monotonic() / 1000 };
    if (this.#epoch !== null && !isSameNatPmpEpoch(this.#epoch, now)) this.#isNewEpoch = true;
    this.#epoch = now;
    return answer;
  }
}

const REASONS: Partial<Record<NatPmpResult, RefusalReason>> = {
  NOT_AUTHORIZED: "not-allowed",
  NETWORK_FAILURE: "no-address",
  OUT_OF_RESOURCES: "no-room",
};

function natPmpRefusal({ result, code }: NatPmpAnswer): DoorRefusal {
  return {
    protocol: "nat-pmp",
    reason: REASONS[result] ?? "other",
    words: `NAT-PMP ${code} ${result}`,
  };
}
