import type { FastifyPluginAsync } from "fastify";
import type { Clock } from "../kernel/clock.ts";
import type { Component } from "../kernel/lifecycle.ts";
import type { Log } from "../kernel/log.ts";
import type { CloudConfig } from "./config.ts";
import { MemoryPublisher } from "./memory-publisher.ts";
import type { DialBack, DnsPublisher, DynamicHosts } from "./ports.ts";

/** The parts of the cloud that reach the network on their own, and that a test puts others in place of. */
export interface CloudParts {
  readonly publisher: DnsPublisher;
  /** It lives in this process, and has to be told everything at each start. */
  readonly isEmbedded: boolean;
  readonly dialBack: DialBack;
  /** HOST:PORT of the STUN server that boxes may ask. */
  readonly stun: string | null;
  /** Routes beside those of the API, such as `/nic/update`. */
  readonly routes: (hosts: DynamicHosts) => readonly FastifyPluginAsync[];
  /** Started before the publisher tells anything. */
  readonly components: readonly Component[];
}

export interface PartsDeps {
  readonly config: CloudConfig;
  readonly clock: Clock;
  readonly log: Log;
}

/** The parts as the configuration wants them. @throws TellyportError `config-invalid` */
export async function createParts(_deps: PartsDeps): Promise<CloudParts> {
  return {
    publisher: new MemoryPublisher(),
    isEmbedded: true,
    dialBack: { verify: async () => false },
    stun: null,
    routes: () => [],
    components: [],
  };
}
