export { createNameServer, type NameServer, type NameServerOptions } from "./name-server.ts";
export type { DnsCounters } from "./counters.ts";
export { Zone, type NameServerEntry, type ZoneOptions } from "./zone.ts";
export { EmbeddedPublisher } from "./embedded-publisher.ts";
export { PdnsPublisher, type PdnsOptions } from "./pdns-publisher.ts";
export { Rfc2136Publisher, type Rfc2136Options } from "./rfc2136-publisher.ts";
