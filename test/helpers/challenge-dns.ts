import { createSocket } from "node:dgram";
import { once } from "node:events";
import { createServer, type AddressInfo, type Socket } from "node:net";
import {
  TRUNCATED_RESPONSE,
  decode,
  encode,
  streamDecode,
  streamEncode,
  type Answer,
  type Packet,
} from "dns-packet";
import type { DnsChallenges } from "../../src/ddns-client/certificates/index.ts";
import type { Teardown } from "./temporary.ts";

/** A small name server that has one thing to say: the values at every `_acme-challenge` name. */
export class ChallengeDns implements DnsChallenges {
  /** What it answers. */
  values: readonly string[] = [];
  /** Every list that was published, and null for each time that it was taken away. */
  readonly published: (readonly string[] | null)[] = [];
  /** Names that were asked for. */
  readonly asked: string[] = [];
  /** Of a list, those that are there by the time that it is said to be there; default all. */
  shown: (values: readonly string[]) => readonly string[] = (values) => values;
  /** What it answers at a name; default: the same everywhere. */
  at: (name: string) => readonly string[] = () => this.values;
  address = "";

  /** Listens at UDP and TCP. @param host default loopback */
  static async listen(t: Teardown, host = "127.0.0.1"): Promise<ChallengeDns> {
    const dns = new ChallengeDns();
    const tcp = createServer((socket) => dns.#serve(socket)).listen(0, host);
    await once(tcp, "listening");
    const { port } = tcp.address() as AddressInfo;
    const udp = createSocket("udp4").bind(port, host);
    await once(udp, "listening");
    udp.on("message", (message, from) => {
      const answer = dns.#answer(message);
      if (answer === null) return;
      const whole = encode(answer);
      // What is too long is asked for by TCP.
      const short = { ...answer, flags: (answer.flags ?? 0) | TRUNCATED_RESPONSE, answers: [] };
      udp.send(whole.length > 512 ? encode(short) : whole, from.port, from.address);
    });
    t.teardown(() => {
      udp.close();
      tcp.close();
    });
    dns.address = `${host}:${port}`;
    return dns;
  }

  async publish(values: readonly string[]): Promise<void> {
    this.published.push(values);
    this.values = this.shown(values);
  }

  async clear(): Promise<void> {
    this.published.push(null);
    this.values = [];
  }

  #serve(socket: Socket): void {
    let bytes = Buffer.alloc(0);
    socket.on("error", () => undefined);
    socket.on("data", (piece) => {
      bytes = Buffer.concat([bytes, piece]);
      if (bytes.length < 2 || bytes.length < 2 + bytes.readUInt16BE()) return;
      const question = streamDecode(bytes);
      if (question !== null) socket.end(streamEncode(this.#answerTo(question)));
    });
  }

  #answer(message: Buffer): Packet | null {
    try {
      return this.#answerTo(decode(message));
    } catch {
      return null;
    }
  }

  #answerTo({ id, questions = [] }: Packet): Packet {
    const [question] = questions;
    const name = question?.name.toLowerCase() ?? "";
    this.asked.push(name);
    const is = question?.type === "TXT" && name.startsWith("_acme-challenge.");
    const answers: Answer[] = is
      ? this.at(name).map((data) => ({ type: "TXT", name: question.name, ttl: 5, data }))
      : [];
    return { type: "response", id: id ?? 0, flags: 0x0400, questions, answers };
  }
}
