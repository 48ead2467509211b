import { createSocket } from "node:dgram";
import type { RemoteInfo } from "node:dgram";
import { addressBytes } from "../../src/kernel/safe-fetch/address-bytes.ts";
import { bindingAnswer, readBindingRequest } from "../../src/protocol/stun.ts";
import type { Teardown } from "./temporary.ts";

/** A STUN server on loopback. @param sees what it says; default: where the request came from */
export async function fakeStun(
  t: Teardown,
  sees: (from: RemoteInfo, times: number) => { address: string; port: number } | null = (from) => from,
): Promise<{
  readonly host: string;
  readonly port: number;
  readonly named: true;
  readonly asked: () => number;
}> {
  const socket = createSocket("udp4");
  let times = 0;
  socket.on("message", (message, from) => {
    const transaction = readBindingRequest(message)?.transaction ?? null;
    const seen = sees(from, ++times);
    if (transaction === null || seen === null) return;
    const address = addressBytes(seen.address) ?? new Uint8Array(4);
    socket.send(bindingAnswer(transaction, { address, port: seen.port }), from.port, from.address);
  });
  await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve));
  t.teardown(() => new Promise<void>((resolve) => socket.close(() => resolve())));
  return { host: "127.0.0.1", port: socket.address().port, named: true, asked: () => times };
}
