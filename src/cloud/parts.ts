import { readFile } from "node:fs/promises";
import { isIPv6 } from "node:net";
import type { FastifyPluginAsync } from "fastify";
import type { Clock } from "../kernel/clock.ts";
import { TellyportError, systemCode } from "../kernel/errors.ts";
import type { Component } from "../kernel/lifecycle.ts";
import type { Log } from "../kernel/log.ts";
import { wholePrefix, type CloudConfig } from "./config.ts";
import { createDialBack } from "./dial-back/dial-back.ts";
import {
  EmbeddedPublisher,
  PdnsPublisher,
  Rfc2136Publisher,
  Zone,
  createNameServer,
  type DnsCounters,
  type NameServerEntry,
} from "./dns/index.ts";
import { tsigSecretOf } from "../protocol/dns/tsig.ts";
import { dyndnsRoutes } from "./dyndns2/routes.ts";
import type { DialBack, DnsPublisher, DynamicHosts } from "./ports.ts";
import { PublicAddresses } from "./public-address.ts";
import { createStunResponder } from "./stun/responder.ts";

/** The parts of the cloud that reach the network on their own, and that a test puts others in place of. */
export interface CloudParts {
  readonly publisher: DnsPublisher;
  /** It lives in this process, and has to be told everything at each start. */
  readonly isEmbedded: boolean;
  readonly dialBack: DialBack;
  /** HOST:PORT of the STUN server that boxes may ask. */
  readonly stun: () => string | null;
  /** Of the embedded name server; null: there is none. */
  readonly dns: { readonly counters: DnsCounters; readonly addresses: () => readonly string[] } | null;
  /** Routes beside those of the API, such as `/nic/update`. */
  readonly routes: (hosts: DynamicHosts) => readonly FastifyPluginAsync[];
  /** Started before the publisher tells anything. */
  readonly components: readonly Component[];
  /** Started when everything has been published: they answer strangers. */
  readonly doors: readonly Component[];
}

export interface PartsDeps {
  readonly config: CloudConfig;
  readonly clock: Clock;
  readonly log: Log;
}

/** The parts as the configuration wants them. @throws TellyportError `config-invalid`, `config-unreadable` */
export async function createParts({ config, clock, log }: PartsDeps): Promise<CloudParts> {
  const addresses = new PublicAddresses(config.addresses.allow.map(wholePrefix));
  const near = config.addresses.allow.length > 0;
  const dialBack = createDialBack({
    clock,
    log: log.child({ module: "dial-back" }),
    addresses,
    near,
    limits: { atOnce: config.limits.dialBacks },
  });
  const stun = stunOf(config, clock, log);
  const serving = await publisherOf(config, clock, log);
  return {
    publisher: serving.publisher,
    isEmbedded: config.publisher.kind === "embedded",
    dialBack,
    stun: stun.advertised,
    dns: serving.dns,
    routes: (hosts) => [dyndnsRoutes({ hosts, addresses, log: log.child({ module: "dyndns2" }), clock })],
    components: serving.components,
    doors: [...serving.doors, ...stun.doors],
  };
}

interface Serving {
  readonly publisher: DnsPublisher;
  readonly dns: CloudParts["dns"];
  readonly components: readonly Component[];
  readonly doors: readonly Component[];
}

async function publisherOf(config: CloudConfig, clock: Clock, log: Log): Promise<Serving> {
  const { kind, rfc2136, pdnsHttp } = config.publisher;
  switch (kind) {
    case "embedded":
      return embedded(config, clock, log);
    case "rfc2136": {
      if (rfc2136 === undefined) throw missing("publisher.rfc2136");
      const { server, port, keyName, algorithm } = rfc2136;
      const text = await secretOf("publisher.rfc2136.secret", rfc2136.secret, rfc2136.secretFile);
      const secret = tsigSecretOf(text);
      if (secret === null)
        throw new TellyportError(
          "config-invalid",
          "publisher.rfc2136.secret, or the file that secretFile names, must be the TSIG key's base64 alone, such as NoRDvw/5CtM=.",
        );
      const key = { name: keyName, algorithm, secret };
      return abroad(new Rfc2136Publisher({ host: server, port, key, clock }));
    }
    case "pdns-http": {
      if (pdnsHttp === undefined) throw missing("publisher.pdnsHttp");
      const { url, serverId, dnsServer, dnsPort } = pdnsHttp;
      const apiKey = await secretOf("publisher.pdnsHttp.apiKey", pdnsHttp.apiKey, pdnsHttp.apiKeyFile);
      const dns = {
        host: dnsServer === "" ? new URL(url).hostname.replace(/^\[|\]$/g, "") : dnsServer,
        port: dnsPort,
      };
      return abroad(new PdnsPublisher({ api: url.replace(/\/+$/, ""), apiKey, serverId, dns, clock }));
    }
  }
}

/** A name server that is somebody else's program. */
function abroad(publisher: DnsPublisher): Serving {
  return {
    publisher,
    dns: null,
    components: [{ name: "publisher", stop: () => publisher.close() }],
    doors: [],
  };
}

function embedded({ zone: { name, nameServers, caa }, dns }: CloudConfig, clock: Clock, log: Log): Serving {
  const zone = newZone({ origin: name, nameServers: serversOf(name, nameServers, dns.address), caa }, clock);
  const publisher = new EmbeddedPublisher(zone, clock);
  if (!dns.enabled) return { publisher, dns: null, components: [], doors: [] };
  const server = createNameServer({
    zones: [zone],
    listen: [{ address: dns.address, port: dns.port }],
    clock,
    log: log.child({ module: "dns" }),
  });
  const addresses = (): string[] =>
    server.addresses.map(({ address, port }) => `${isIPv6(address) ? `[${address}]` : address}:${port}`);
  return { publisher, dns: { counters: server.counters, addresses }, components: [], doors: [server] };
}

function newZone(options: ConstructorParameters<typeof Zone>[0], clock: Clock): Zone {
  try {
    return new Zone(options, clock.now() / 1000);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new TellyportError("config-invalid", `The zone cannot be served: ${error.message}.`, {
      cause: error,
    });
  }
}

/** A zone has a name server at least: this one, where the configuration names none. */
function serversOf(
  zone: string,
  named: readonly NameServerEntry[],
  listens: string,
): readonly NameServerEntry[] {
  if (named.length > 0) return named;
  const address = /^[0:.]+$/.test(listens) ? "127.0.0.1" : listens;
  return [{ name: `ns1.${zone}`, addresses: [address] }];
}

function stunOf(
  { stun, http }: CloudConfig,
  clock: Clock,
  log: Log,
): { advertised: () => string | null; doors: readonly Component[] } {
  if (!stun.enabled) return { advertised: () => (stun.advertise === "" ? null : stun.advertise), doors: [] };
  const responder = createStunResponder({
    clock,
    log: log.child({ module: "stun" }),
    port: stun.port,
    ...(stun.addresses.length > 0 && { addresses: stun.addresses }),
  });
  const host = new URL(http.origins[0] ?? "http://127.0.0.1").hostname;
  return {
    advertised: () => (stun.advertise === "" ? `${host}:${responder.port}` : stun.advertise),
    doors: [responder],
  };
}

async function secretOf(key: string, value: string, file: string): Promise<string> {
  if (value !== "") return value;
  if (file === "") throw missing(`${key} or ${key}File`);
  try {
    return (await readFile(file, "utf8")).trim();
  } catch (error) {
    throw new TellyportError(
      "config-unreadable",
      `${key}File cannot be read (${systemCode(error) ?? "unknown"}): name a file that this user may read.`,
      { cause: error },
    );
  }
}

function missing(key: string): TellyportError {
  return new TellyportError("config-invalid", `publisher.kind needs ${key}.`);
}
