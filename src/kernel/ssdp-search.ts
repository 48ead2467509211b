import { createSocket } from "node:dgram";
import { networkInterfaces } from "node:os";
import type { Clock, Timer } from "./clock.ts";

/** Something that answered a search. */
export interface SsdpAnswer {
  /** Unique service name. */
  readonly usn: string;
  /** Where its description is. */
  readonly location: string;
  /** Address that the answer came from. */
  readonly address: string;
}

export interface SsdpSearchOptions {
  readonly clock: Clock;
  /** Search target, e.g. `urn:ses-com:device:SatIPServer:1`. */
  readonly target: string;
  /** Longest that devices may wait before they answer, s; default 2, and 1 to 5 by the standard. */
  readonly mx?: number;
  /** Where the question goes; default the multicast group 239.255.255.250:1900. A single device's address asks that one alone. */
  readonly to?: { readonly address: string; readonly port: number };
  /** Own IPv4 addresses of the interfaces that ask; default all that are not loopback. */
  readonly interfaces?: readonly string[];
  readonly signal?: AbortSignal;
}

const GROUP = { address: "239.255.255.250", port: 1900 };
/** UDP loses some: each question goes out so often, and not all at once. */
const REPEATS = 3;
const REPEAT_MS = 40;
const TTL = 2;
/** Beyond the longest wait, for the way back. */
const GRACE_MS = 300;
const MOST_ANSWERS = 256;
const LONGEST_ANSWER = 4096;

/**
 * Searches the network for devices of a kind. Never fails: what cannot be asked does not answer.
 * @returns each device once, by USN and location, in the order of their answers; after `mx` seconds, or when the signal fires
 * @see UPnP Device Architecture 1.1 §1.3
 */
export async function ssdpSearch(options: SsdpSearchOptions): Promise<SsdpAnswer[]> {
  const answers = new Map<string, SsdpAnswer>();
  const addresses = options.interfaces ?? ownAddresses();
  await Promise.all(
    addresses.map((address) =>
      ask(address, options, (answer) => {
        if (answers.size < MOST_ANSWERS) answers.set(`${answer.usn} ${answer.location}`, answer);
      }),
    ),
  );
  return [...answers.values()];
}

function ask(
  from: string,
  { clock, target, mx = 2, to = GROUP, signal }: SsdpSearchOptions,
  take: (answer: SsdpAnswer) => void,
): Promise<void> {
  const question = Buffer.from(
    [
      "M-SEARCH * HTTP/1.1",
      `HOST: ${to.address}:${to.port}`,
      'MAN: "ssdp:discover"',
      `MX: ${mx}`,
      `ST: ${target}`,
      "",
      "",
    ].join("\r\n"),
  );
  return new Promise((resolve) => {
    const socket = createSocket("udp4");
    const timers: Timer[] = [];
    let over = false;
    const end = (): void => {
      if (over) return;
      over = true;
      for (const timer of timers) timer.cancel();
      signal?.removeEventListener("abort", end);
      socket.close(() => resolve());
    };
    const send = (): void => socket.send(question, to.port, to.address, () => undefined);
    socket.on("error", end);
    socket.on("message", (message, remote) => {
      const answer = parseAnswer(message, remote.address, target);
      if (answer !== null && !over) take(answer);
    });
    socket.bind(0, from, () => {
      if (over) return;
      try {
        socket.setMulticastTTL(TTL);
        if (to === GROUP) socket.setMulticastInterface(from);
      } catch {
        return end(); // An interface that went away since it was listed.
      }
      for (let i = 0; i < REPEATS; i++) timers.push(clock.after(i * REPEAT_MS, send));
      timers.push(clock.after(mx * 1000 + GRACE_MS, end));
    });
    if (signal?.aborted === true) end();
    signal?.addEventListener("abort", end, { once: true });
  });
}

/**
 * Reads an answer to a search.
 * @param target what was searched for; `ssdp:all` takes every answer
 * @returns null for anything else
 * @see UPnP Device Architecture 1.1 §1.3.3
 */
export function parseAnswer(message: Buffer, address: string, target: string): SsdpAnswer | null {
  if (message.length > LONGEST_ANSWER) return null;
  const [first = "", ...lines] = message.toString("latin1").split("\r\n");
  if (!/^HTTP\/1\.\d 200(?: |$)/.test(first)) return null;
  const header = (name: string): string => {
    for (const line of lines) {
      const colon = line.indexOf(":");
      if (line.slice(0, colon).trim().toLowerCase() === name) return line.slice(colon + 1).trim();
    }
    return "";
  };
  const [st, usn, location] = [header("st"), header("usn"), header("location")];
  if ((target !== "ssdp:all" && st !== target) || !/^https?:\/\/[\x21-\x7e]+$/.test(location)) return null;
  return { usn, location, address };
}

/** IPv4, without loopback. */
function ownAddresses(): string[] {
  return Object.values(networkInterfaces())
    .flatMap((list) => list ?? [])
    .filter((entry) => entry.family === "IPv4" && !entry.internal)
    .map((entry) => entry.address);
}
