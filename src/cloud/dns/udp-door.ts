import { createSocket, type RemoteInfo, type Socket } from "node:dgram";
import { isIPv6 } from "node:net";
import type { Clock } from "../../kernel/clock.ts";
import { messageOf } from "../../kernel/errors.ts";
import type { LineLog } from "../../kernel/log-sparingly.ts";
import { plainAddress } from "../../kernel/network-address.ts";
import { rcodeName } from "../../protocol/dns/numbers.ts";
import type { AnswerLimit } from "./answer-limit.ts";
import { Answerer } from "./answerer.ts";
import type { DnsCounters } from "./counters.ts";

export interface UdpDoorDeps {
  readonly answerer: Answerer;
  /** Null: every query is answered. */
  readonly limit: AnswerLimit | null;
  readonly counters: DnsCounters;
  readonly clock: Clock;
  readonly log: LineLog;
}

/** The kernel keeps so many octets of what has come. */
const RECEIVE_BUFFER = 1 << 20;
/** What may wait to be sent, octets; beyond it answers are dropped, as the network would. */
const MOST_WAITING = 1 << 20;

export interface UdpDoor {
  readonly port: number;
  close(): Promise<void>;
}

/** DNS over UDP at one address. @param port 0: any that is free */
export function openUdpDoor(address: string, port: number, deps: UdpDoorDeps): Promise<UdpDoor> {
  const socket = createSocket({
    type: isIPv6(address) ? "udp6" : "udp4",
    // IPv4 has doors of its own.
    ipv6Only: isIPv6(address),
    recvBufferSize: RECEIVE_BUFFER,
    // Whom we answer has written his address himself: there is nothing to look up, and nothing to wait for.
    lookup: (host, _options, callback) => callback(null, host, isIPv6(host) ? 6 : 4),
  });
  return new Promise((resolve, reject) => {
    socket.once("error", reject);
    socket.bind({ address, port, exclusive: true }, () => {
      socket.removeAllListeners("error");
      // Of one answer that could not be sent.
      socket.on("error", (error) => deps.log.warn({ error: messageOf(error) }, "dns-udp-failed"));
      socket.on("message", (bytes, from) => answer(socket, bytes, from, deps));
      const close = (): Promise<void> => new Promise((closed) => socket.close(() => closed()));
      resolve({ port: socket.address().port, close });
    });
  });
}

function answer(socket: Socket, bytes: Buffer, from: RemoteInfo, deps: UdpDoorDeps): void {
  const { answerer, limit, counters, clock } = deps;
  counters.udpQueries++;
  const answer = from.port === 0 ? null : answerer.answer(bytes, "udp");
  if (answer === null || socket.getSendQueueSize() > MOST_WAITING) {
    counters.dropped++;
    return;
  }
  const verdict = limit?.judge(plainAddress(from.address), answer, clock.monotonic()) ?? "send";
  if (verdict === "drop") {
    counters.limited++;
    return;
  }
  if (verdict === "slip") counters.slipped++;
  else countAnswer(counters, answer.bytes);
  socket.send(verdict === "slip" ? Answerer.slip(answer) : answer.bytes, from.port, from.address);
}

const NAMES = Array.from({ length: 16 }, (_, rcode) => rcodeName(rcode));

export function countAnswer({ answers }: DnsCounters, bytes: Buffer): void {
  const name = NAMES[(bytes[3] ?? 0) & 0xf] ?? "";
  answers[name] = (answers[name] ?? 0) + 1;
}
