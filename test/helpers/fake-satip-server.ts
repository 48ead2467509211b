import { createSocket, type Socket as Udp } from "node:dgram";
import { createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { fakeSsdpDevice, type FakeSsdpDevice } from "./fake-ssdp-device.ts";
import { changedPids, satipReport } from "./satip-packets.ts";
import { NO_QUIRKS, type SatipQuirks } from "./satip-quirks.ts";

export type { SatipQuirks } from "./satip-quirks.ts";

export interface SatipRequest {
  readonly method: string;
  readonly url: string;
  readonly query: URLSearchParams;
  readonly headers: ReadonlyMap<string, string>;
  /** performance.now() */
  readonly at: number;
  readonly status: number;
}

interface Session {
  readonly id: string;
  readonly stream: number;
  readonly send: (rtp: boolean, packet: Buffer) => void;
  readonly owner: Socket;
  readonly interleaved: boolean;
  tuning: URLSearchParams;
  pids: Set<number> | "all";
  playing: boolean;
  sequence: number;
  position: number;
  stale: { left: number; bytes: Buffer } | null;
  held: Buffer | null;
  seenAt: number;
}

const UUID = "11111111-2222-3333-4444-abcdefabcdef";
const TICK_MS = 10;
const PER_RTP = 7;

/** A SAT>IP server on loopback, with real sockets. It plays a transport stream per frequency, round and round. */
export class FakeSatipServer {
  readonly quirks: SatipQuirks;
  readonly requests: SatipRequest[] = [];
  readonly sessions = new Map<string, Session>();
  /** RTP packets that were not sent, or sent out of order. */
  readonly lost = { packets: 0, swapped: 0 };
  capabilities = "DVBS2-2,DVBT-1";
  port = 0;
  readonly #streams: ReadonlyMap<string, Buffer>;
  readonly #sockets = new Set<Socket>();
  readonly #udp: Udp = createSocket("udp4");
  #rtsp: Server | null = null;
  #ssdp: FakeSsdpDevice | null = null;
  #timer: NodeJS.Timeout | null = null;
  #ticks = 0;
  #serial = 0;

  /** @param streams by `freq` of the query; other frequencies have no signal */
  constructor(streams: Readonly<Record<string, Buffer>>, quirks: Partial<SatipQuirks> = {}) {
    this.#streams = new Map(Object.entries(streams));
    this.quirks = { ...NO_QUIRKS, ...quirks };
  }

  /** @param port default: a free one */
  async start(port = 0): Promise<this> {
    const server = createServer((socket) => this.#accept(socket));
    await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
    this.port = (server.address() as AddressInfo).port;
    this.#rtsp = server;
    this.#timer ??= setInterval(() => this.#tick(), TICK_MS);
    return this;
  }

  /** Answers searches too. @returns the port of its SSDP */
  async announce(): Promise<number> {
    const ssdp = await fakeSsdpDevice({
      target: "urn:ses-com:device:SatIPServer:1",
      uuid: UUID,
      description: () => this.description(),
      alive: () => this.#rtsp !== null,
    });
    this.#ssdp = ssdp;
    return ssdp.port;
  }

  description(): string {
    return `<?xml version="1.0"?><root xmlns="urn:schemas-upnp-org:device-1-0"><device>
      <deviceType>urn:ses-com:device:SatIPServer:1</deviceType><friendlyName>Fake &amp; fast</friendlyName>
      <UDN>uuid:${UUID}</UDN>
      <satip:X_SATIPCAP xmlns:satip="urn:ses-com:satip">${this.capabilities}</satip:X_SATIPCAP>
      <satip:X_SATIP_RTSP_PORT xmlns:satip="urn:ses-com:satip">${this.port}</satip:X_SATIP_RTSP_PORT></device></root>`;
  }

  /** Requests of a method, in order. */
  asked(method: string): SatipRequest[] {
    return this.requests.filter((request) => request.method === method);
  }

  /** Forgets every session, as after a restart. */
  forget(): void {
    this.sessions.clear();
  }

  /** Goes away at once, with everything that was running. */
  async die(): Promise<void> {
    this.sessions.clear();
    const server = this.#rtsp;
    this.#rtsp = null;
    for (const socket of this.#sockets) socket.destroy();
    await new Promise<void>((resolve) => (server === null ? resolve() : server.close(() => resolve())));
  }

  async close(): Promise<void> {
    if (this.#timer !== null) clearInterval(this.#timer);
    await this.die();
    this.#udp.close();
    await this.#ssdp?.close();
  }

  // ---------------------------------------------------------------- RTSP

  #accept(socket: Socket): void {
    this.#sockets.add(socket);
    let text = "";
    socket.on("error", () => undefined);
    socket.on("close", () => {
      this.#sockets.delete(socket);
      for (const session of this.sessions.values())
        if (session.owner === socket && session.interleaved) this.sessions.delete(session.id);
    });
    socket.on("data", (chunk) => {
      text += chunk.toString("latin1");
      for (let end = text.indexOf("\r\n\r\n"); end >= 0; end = text.indexOf("\r\n\r\n")) {
        this.#answer(socket, text.slice(0, end).split("\r\n"));
        text = text.slice(end + 4);
      }
    });
  }

  #answer(socket: Socket, [first = "", ...lines]: string[]): void {
    const [method = "", url = ""] = first.split(" ");
    const headers = new Map(
      lines.map((line) => [line.split(":")[0]!.toLowerCase(), line.slice(line.indexOf(":") + 1).trim()]),
    );
    const query = new URLSearchParams(url.split("?")[1] ?? "");
    const reply = this.#reply(method, url, query, headers, socket);
    this.requests.push({ method, url, query, headers, at: performance.now(), status: reply.status });
    if (method === "TEARDOWN" && this.quirks.ignoresTeardown) return;
    const body = reply.body ?? "";
    const out = [
      `RTSP/1.0 ${reply.status} ${reply.status === 200 ? "OK" : "Refused"}`,
      `CSeq: ${headers.get("cseq")}`,
      ...(reply.headers ?? []),
      ...(body === "" ? [] : [`Content-Length: ${body.length}`]),
    ];
    this.#write(socket, Buffer.from(`${out.join("\r\n")}\r\n\r\n${body}`));
    if (this.quirks.closeAfterReply) socket.end();
  }

  #write(socket: Socket, bytes: Buffer): void {
    const step = this.quirks.pieces === 0 ? bytes.length : this.quirks.pieces;
    for (let at = 0; at < bytes.length; at += step) socket.write(bytes.subarray(at, at + step));
  }

  #reply(
    method: string,
    url: string,
    query: URLSearchParams,
    headers: ReadonlyMap<string, string>,
    socket: Socket,
  ): { status: number; body?: string; headers?: string[] } {
    const { quirks } = this;
    const id = headers.get("session");
    const session = id === undefined ? undefined : this.sessions.get(id);
    if (session !== undefined) session.seenAt = performance.now();
    switch (method) {
      case "OPTIONS":
        return id !== undefined && session === undefined ? { status: 454 } : { status: 200 };
      case "DESCRIBE":
        return { status: this.sessions.size > 0 ? 200 : 404, body: "v=0\r\ns=SatIPServer:1 2 1 0\r\n" };
      case "TEARDOWN":
        if (session === undefined) return { status: 454 };
        this.sessions.delete(session.id);
        return { status: 200 };
      case "SETUP":
        return this.#setup(query, headers.get("transport") ?? "", socket);
      case "PLAY":
        break;
      default:
        return { status: 405 };
    }
    if (session === undefined || !url.includes(`/stream=${session.stream}`)) return { status: 454 };
    if (query.has("pids") && (query.has("addpids") || query.has("delpids"))) return { status: 400 };
    const pids = changedPids(session.pids, query);
    if (pids !== "all" && pids.size > quirks.mostPids) return { status: 503, body: "No-More: pids\r\n" };
    session.pids = pids;
    if (query.has("freq")) {
      session.stale = { left: quirks.stalePackets, bytes: this.#stream(session) ?? Buffer.alloc(0) };
      session.tuning = query;
      session.position = 0;
    }
    session.playing = true;
    quirks.silentPlays = Math.max(0, quirks.silentPlays - 1);
    const seq = (session.sequence + (session.stale?.left ?? 0)) & 0xffff;
    return {
      status: 200,
      headers: [
        ...(quirks.noSessionInPlay ? [] : [`Session: ${session.id}`]),
        ...(quirks.rtpInfo ? [`RTP-Info: url=${url.split("?")[0]};seq=${seq}`] : []),
      ],
    };
  }

  #setup(
    query: URLSearchParams,
    transport: string,
    socket: Socket,
  ): { status: number; body?: string; headers?: string[] } {
    const { quirks } = this;
    const ports = /client_port=(\d+)-(\d+)/.exec(transport);
    const interleaved = ports === null;
    if (quirks.refuseSetup !== null) return quirks.refuseSetup;
    if (quirks.settling > 0) {
      quirks.settling--;
      return { status: 503 };
    }
    if (quirks.needsMtype && !query.has("mtype")) return { status: 408 };
    if (quirks.refusedTransport === (interleaved ? "tcp" : "udp")) return { status: 461 };
    const pids = changedPids(new Set(), query);
    if (pids !== "all" && pids.size > quirks.mostPids) return { status: 503, body: "No-More: pids\r\n" };
    const serial = ++this.#serial;
    const session: Session = {
      id: `0123abc${serial}`,
      stream: serial,
      owner: socket,
      interleaved,
      tuning: query,
      pids,
      playing: false,
      sequence: 65_500,
      position: 0,
      stale: null,
      held: null,
      seenAt: performance.now(),
      send: (rtp, packet) => {
        if (interleaved) {
          const head = Buffer.from([0x24, rtp ? 0 : 1, packet.length >> 8, packet.length & 0xff]);
          if (!socket.destroyed) this.#write(socket, Buffer.concat([head, packet]));
        } else if (!quirks.udpBlocked) this.#udp.send(packet, Number(ports[rtp ? 1 : 2]), "127.0.0.1");
      },
    };
    this.sessions.set(session.id, session);
    return {
      status: 200,
      headers: [
        `Session: ${session.id};timeout=${quirks.timeoutS}`,
        `com.ses.streamID: ${session.stream}`,
        `Transport: ${interleaved ? transport : `${transport};server_port=5000-5001`}`,
      ],
    };
  }

  // ---------------------------------------------------------------- RTP

  #stream(session: Session): Buffer | null {
    return this.#streams.get(session.tuning.get("freq") ?? "") ?? null;
  }

  #tick(): void {
    this.#ticks++;
    for (const session of [...this.sessions.values()]) {
      if (this.quirks.expires && performance.now() - session.seenAt > this.quirks.timeoutS * 1000) {
        this.sessions.delete(session.id);
        continue;
      }
      if (!session.playing) continue;
      const stream = this.#stream(session);
      if (this.#ticks % 20 === 0)
        session.send(false, satipReport(session.tuning, stream !== null, this.quirks.measuresNothing));
      if (stream !== null && this.quirks.silentPlays > 0) continue;
      if (this.quirks.shortRtp && this.#ticks % 7 === 0) this.#rtp(session, Buffer.from("alive"));
      if (stream === null) {
        if (this.#ticks % 10 === 0) this.#rtp(session, Buffer.alloc(0));
      } else for (let i = 0; i < 2; i++) this.#rtp(session, this.#next(session, stream));
    }
  }

  /** Seven packets of the PIDs that are wanted. */
  #next(session: Session, stream: Buffer): Buffer {
    const { stale } = session;
    if (stale !== null && stale.left > 0) {
      stale.left--;
      return stale.bytes.subarray(0, PER_RTP * 188);
    }
    const packets: Buffer[] = [];
    for (let looked = 0; packets.length < PER_RTP && looked < 1000; looked++) {
      const packet = stream.subarray(session.position, session.position + 188);
      session.position = (session.position + 188) % stream.length;
      if (session.pids === "all" || session.pids.has(packet.readUInt16BE(1) & 0x1fff)) packets.push(packet);
    }
    return Buffer.concat(packets);
  }

  #rtp(session: Session, payload: Buffer): void {
    const { loseEvery, swapEvery } = this.quirks;
    const head = Buffer.alloc(12);
    head[0] = 0x80;
    head[1] = 33;
    const number = session.sequence;
    head.writeUInt16BE(number, 2);
    head.writeUInt32BE(0xcafe, 8);
    session.sequence = (number + 1) & 0xffff;
    const packet = Buffer.concat([head, payload]);
    if (loseEvery > 0 && number % loseEvery === 0) this.lost.packets++;
    else if (swapEvery > 0 && number % swapEvery === 0 && session.held === null) session.held = packet;
    else {
      session.send(true, packet);
      if (session.held === null) return;
      session.send(true, session.held);
      session.held = null;
      this.lost.swapped++;
    }
  }
}
