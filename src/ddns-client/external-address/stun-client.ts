import { randomBytes } from "node:crypto";
import { createSocket, type Socket } from "node:dgram";
import { lookup } from "node:dns/promises";
import { networkInterfaces } from "node:os";
import { addressText } from "../../kernel/address-text.ts";
import type { Clock, Timer } from "../../kernel/clock.ts";
import { homeNetwork, judgeAddress } from "../../kernel/safe-fetch/index.ts";
import { bindingRequest, readBindingAnswer, TRANSACTION_BYTES } from "../../protocol/stun.ts";

/** Whom the box asks how the internet sees it. */
export interface StunServer {
  /** Name or address. */
  readonly host: string;
  readonly port: number;
  /** Whether the installer wrote it himself: then it may be wherever he says, else only in the internet. */
  readonly named: boolean;
}

export interface StunQuestion {
  readonly clock: Clock;
  readonly family: 4 | 6;
  /** Own address that is asked about; null: as the system chooses. */
  readonly from: string | null;
  /** At most four of them are asked. */
  readonly servers: readonly StunServer[];
  readonly signal: AbortSignal;
}

/** As one server saw the box. */
export interface StunSight {
  readonly server: string;
  readonly address: string;
  readonly port: number;
}

const MOST_SERVERS = 4;
/** Waits after each sending, ms. @see RFC 8489 §6.2.1; fewer than its seven, as the next round comes soon */
const WAITS = [500, 1000, 2000, 4000];
const RESOLVE_MS = 5000;

/**
 * Asks servers from one socket, so that it shows whether the NAT gives one port to all (RFC 4787 §4.1). Never fails.
 * @returns what those said that answered within 7.5 s
 */
export async function askStun(question: StunQuestion): Promise<StunSight[]> {
  const { family, servers, signal } = question;
  const found = await Promise.all(
    servers.slice(0, MOST_SERVERS).map((server) => addressOf(server, question)),
  );
  const targets = found.flatMap((target) => target ?? []);
  return targets.length === 0 || signal.aborted ? [] : round(question, family, targets);
}

interface Target {
  readonly address: string;
  readonly port: number;
}

function round(
  { clock, from, signal }: StunQuestion,
  family: 4 | 6,
  targets: readonly Target[],
): Promise<StunSight[]> {
  return new Promise((resolve) => {
    const socket = createSocket(family === 4 ? "udp4" : "udp6");
    const open = new Map(targets.map((target) => [target, randomBytes(TRANSACTION_BYTES)]));
    const sights: StunSight[] = [];
    let timer: Timer | null = null;
    let sent = 0;
    let isOver = false;
    const end = (): void => {
      if (isOver) return;
      isOver = true;
      timer?.cancel();
      signal.removeEventListener("abort", end);
      socket.close();
      resolve(sights);
    };
    const send = (): void => {
      const wait = WAITS[sent++];
      if (wait === undefined) return end();
      for (const [target, transaction] of open) sendTo(socket, target, transaction);
      timer = clock.after(wait, send);
    };
    signal.addEventListener("abort", end, { once: true });
    socket.on("error", end);
    socket.on("message", (message, { address, port }) => {
      for (const [target, transaction] of open) {
        if (target.address !== address || target.port !== port) continue;
        const answer = readBindingAnswer(message, transaction);
        if (answer === null) continue;
        open.delete(target);
        sights.push({ server: address, address: addressText(answer.address), port: answer.port });
      }
      if (open.size === 0) end();
    });
    socket.bind({ port: 0, exclusive: true, ...(from !== null && { address: from }) }, () => {
      if (!isOver) send();
    });
  });
}

/** One that cannot be sent to does not answer. */
function sendTo(socket: Socket, { address, port }: Target, transaction: Buffer): void {
  socket.send(bindingRequest(transaction), port, address, () => undefined);
}

/** Null when it has no address of the family, or none that may be asked. */
async function addressOf(
  { host, port, named }: StunServer,
  { clock, family, signal }: StunQuestion,
): Promise<Target | null> {
  const found = await withTime(
    clock,
    signal,
    lookup(host, { all: true, family }).catch(() => []),
  );
  const network = homeNetwork(networkInterfaces());
  for (const { address } of found ?? []) {
    const refusal = judgeAddress(
      { address, port, named, scope: "public", isPort: (number) => number > 0 },
      network,
    );
    // The canonical text, as datagrams come with it.
    if (refusal === null) return { address, port };
  }
  return null;
}

/** A resolver cannot be told to stop: its answer comes to nobody. */
function withTime<T>(clock: Clock, signal: AbortSignal, work: Promise<T>): Promise<T | null> {
  return new Promise((resolve) => {
    const end = (value: T | null): void => {
      timer.cancel();
      signal.removeEventListener("abort", onAbort);
      resolve(value);
    };
    const onAbort = (): void => end(null);
    const timer = clock.after(RESOLVE_MS, onAbort);
    signal.addEventListener("abort", onAbort, { once: true });
    void work.then(end);
  });
}
