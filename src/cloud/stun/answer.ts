import { addressBytes } from "../../kernel/safe-fetch/address-bytes.ts";
import { bindingAnswer, readBindingRequest, unknownAttributes } from "../../protocol/stun.ts";

/**
 * What a datagram is answered.
 * @param from of the sender, as the socket has it; an IPv4-mapped one is the IPv4 address
 * @returns null: nothing at all, as to whatever is no binding request
 */
export function answerTo(datagram: Uint8Array, from: { address: string; port: number }): Uint8Array | null {
  const request = readBindingRequest(datagram);
  const address = request === null ? null : addressBytes(from.address);
  // From port 0 nothing comes that could be answered.
  if (request === null || address === null || from.port === 0) return null;
  const { transaction, unknown } = request;
  return unknown.length > 0
    ? unknownAttributes(transaction, unknown)
    : bindingAnswer(transaction, { address, port: from.port });
}
