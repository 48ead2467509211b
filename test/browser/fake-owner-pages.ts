import type { Channel, ChannelDecisions, ScanOptions, ScanRequest } from "../../src/protocol/api.ts";
import type { OnlineChange, OnlineState } from "../../src/protocol/online.ts";
import type { SystemState } from "../../src/protocol/system.ts";
import type { WatchedEntry } from "../../src/protocol/watched.ts";
import { sampleOnline, sampleScan, sampleSystem, sampleWatched } from "./sample-owner-pages.ts";
import { Refusal } from "./refusal.ts";

/** What the routes below change of the fake box. */
interface Box {
  channels: Channel[];
  scan: { state: string; percent: number };
}

/** The routes of the owner's pages about the box, in small: scan, line-up, remote access, machine, who watched. */
export class FakeOwnerPages {
  system: SystemState = sampleSystem();
  online: OnlineState = sampleOnline();
  watched: WatchedEntry[] = sampleWatched(Date.now());
  keepsWatched = true;
  options: ScanOptions = {
    systems: ["dvbt", "dvbt2", "dvbc", "dvbs", "dvbs2"],
    countries: ["AT", "CH", "CN", "DE", "FR", "GB", "IT", "JP", "TW", "US"],
    cable: ["CN", "DE", "FR", "US"],
    satellites: ["19.2E", "28.2E"],
    multiplexes: 4,
    services: 14,
  };
  /** What scans were asked for. */
  readonly scans: ScanRequest[] = [];
  /** What was decided about channels, in order. */
  readonly decisions: ChannelDecisions[] = [];
  /** Pictures that were chosen. */
  readonly logos: Buffer[] = [];
  /** Refused with these codes, by `METHOD /path`. */
  readonly refused = new Map<string, { status: number; code: string }>();
  /** The broadcaster's number and name of each channel, once something else was decided. */
  readonly #broadcast = new Map<string, { number: number; name: string }>();
  readonly #box: Box;

  constructor(box: Box) {
    this.#box = box;
  }

  /** @returns null when the route is none of these */
  answer(route: string, url: URL, body: string): { status: number; body?: object } | null {
    const refusal = this.refused.get(route);
    if (refusal !== undefined) throw new Refusal(refusal.status, refusal.code);
    const read = <T>(): T => JSON.parse(body || "{}") as T;
    const logo = /^(PUT|DELETE|GET) \/channels\/([\w-]+)\/logo$/.exec(route);
    if (logo !== null) return this.#logo(logo[1] ?? "", logo[2] ?? "", body);
    switch (route) {
      case "GET /channels":
        if (url.searchParams.get("hidden") !== "true") return null;
        return { status: 200, body: { channels: this.#box.channels.map((one) => this.#decided(one)) } };
      case "PUT /channels/decisions":
        return { status: 200, body: { channels: this.#decide(read<ChannelDecisions>()) } };
      case "GET /scan/options":
        return { status: 200, body: this.options };
      case "POST /scan":
        this.scans.push(read<ScanRequest>());
        this.#box.scan = sampleScan("running", Date.now());
        return { status: 202, body: this.#box.scan };
      case "DELETE /scan":
        this.#box.scan = sampleScan("cancelled", Date.now());
        return { status: 200, body: this.#box.scan };
      case "GET /online":
        return { status: 200, body: this.online };
      case "PATCH /online":
        this.online = { ...sampleOnline(true), ...this.online, ...read<OnlineChange>() };
        return { status: 200, body: this.online };
      case "PUT /online/alias": {
        const { label } = read<{ label: string | null }>();
        this.online = { ...this.online, alias: label === null ? null : `${label}.tv.example` };
        return { status: 200, body: this.online };
      }
      case "POST /online/test":
        return { status: 200, body: this.online };
      case "GET /system":
        return { status: 200, body: { ...this.system, clock: { ...this.system.clock, time: now() } } };
      case "POST /system/restart":
        this.system = { ...this.system, startedAt: now() };
        return { status: 202, body: { restarting: true } };
      case "GET /watched":
        return { status: 200, body: this.#watched(url.searchParams) };
      case "PATCH /watched":
        this.keepsWatched = read<{ keeps: boolean }>().keeps;
        return { status: 200, body: { keeps: this.keepsWatched } };
      case "DELETE /watched":
        this.watched = [];
        return { status: 204 };
      default:
        return null;
    }
  }

  /** Ends the scan that runs. */
  endScan(state: "finished" | "failed"): void {
    this.#box.scan = sampleScan(state, Date.now());
  }

  #logo(method: string, id: string, body: string): { status: number; body: object } {
    if (method === "GET") throw new Refusal(404, "logo-not-found");
    const { image } = method === "PUT" ? (JSON.parse(body) as { image: string }) : { image: "" };
    if (image !== "") this.logos.push(Buffer.from(image, "base64"));
    const logo = image === "" ? null : `v${this.logos.length}`;
    this.#box.channels = this.#box.channels.map((one) => (one.id === id ? { ...one, logo } : one));
    return { status: 200, body: { logo } };
  }

  #decided(channel: Channel): Channel {
    return { ...channel, decided: channel.decided ?? { number: null, name: null, hidden: null } };
  }

  #decide({ decisions }: ChannelDecisions): Channel[] {
    this.decisions.push({ decisions });
    const changed = new Map<string, Channel>();
    for (const { channel: id, number, name, hidden, favourite } of decisions) {
      const channel = this.#box.channels.find((one) => one.id === id);
      if (channel === undefined) throw new Refusal(404, "channel-not-found");
      const broadcast = this.#broadcast.get(id) ?? { number: channel.number, name: channel.name };
      this.#broadcast.set(id, broadcast);
      changed.set(id, {
        ...channel,
        number: number ?? broadcast.number,
        name: name ?? broadcast.name,
        hidden: hidden ?? false,
        favourite,
        decided: { number, name, hidden },
      });
    }
    const all = this.#box.channels.map((one) => changed.get(one.id) ?? one);
    if (new Set(all.map(({ number }) => number)).size < all.length)
      throw new Refusal(409, "channel-number-taken");
    this.#box.channels = all;
    return [...changed.values()];
  }

  #watched(query: URLSearchParams): object {
    const before = Number(query.get("before") ?? Infinity);
    const shortest = Number(query.get("seconds") ?? 0);
    const found = this.watched.filter(({ id, seconds }) => id < before && seconds >= shortest);
    return { keeps: this.keepsWatched, entries: found.slice(0, Number(query.get("limit") ?? 50)) };
  }
}

const now = (): string => new Date().toISOString();
