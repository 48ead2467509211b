import type { Clock } from "../../kernel/clock.ts";
import type { Component } from "../../kernel/lifecycle.ts";
import type { Log } from "../../kernel/log.ts";
import { announcedName } from "../own-names.ts";
import { createMdns } from "./mdns.ts";
import { nodeSsdp } from "./node-ssdp.ts";
import { ownSsdp } from "./ssdp.ts";

/** The section `announce` of the configuration. */
export interface AnnounceChoice {
  readonly mdns: boolean;
  /** Which responder; `off`: none. */
  readonly ssdp: "own" | "node-ssdp" | "off";
}

export interface AnnouncersDeps {
  readonly log: Log;
  readonly clock: Clock;
  readonly box: { readonly id: string; readonly name: string; readonly version: string };
  /** Where the listeners listen; asked once they do. */
  readonly ports: () => { readonly http: number; readonly https: number | null };
  /** IPv4 addresses of the interfaces on which neighbours reach them. */
  readonly interfaces: () => readonly string[];
}

/** What lets phones at home find the box, as it was chosen. */
export function createAnnouncers({ mdns, ssdp }: AnnounceChoice, deps: AnnouncersDeps): Component[] {
  const { clock, log, ports, interfaces } = deps;
  const { id, name, version } = deps.box;
  const port = (): number => ports().http;
  const components: Component[] = [];
  if (mdns) {
    const txt = (): Record<string, string> => ({ id, version, https: String(ports().https ?? 0) });
    components.push(createMdns({ log, name, host: announcedName(id), port, txt, interfaces }));
  }
  if (ssdp !== "off") {
    const advertise = ssdp === "node-ssdp" ? nodeSsdp : ownSsdp;
    components.push(advertise({ log, clock, boxId: id, version, port, interfaces }));
  }
  return components;
}
