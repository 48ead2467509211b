import { join } from "node:path";
import { pino } from "pino";
import { Value } from "typebox/value";
import { startCloud, type CloudDeps, type RunningCloud } from "../../src/cloud/cloud.ts";
import { CloudConfigSchema, type CloudConfig } from "../../src/cloud/config.ts";
import { MemoryPublisher } from "../helpers/memory-publisher.ts";
import type { CloudParts } from "../../src/cloud/parts.ts";
import type { DialBack, DnsPublisher } from "../../src/cloud/ports.ts";
import { systemClock, type Clock } from "../../src/kernel/clock.ts";
import { temporaryFolder, type Teardown } from "../helpers/temporary.ts";

export const ZONE = "box.test";

/** A box answers when a test says so. */
export class ScriptedDialBack implements DialBack {
  readonly asked: { boxId: string; address: string; port: number }[] = [];
  answer: (target: Parameters<DialBack["verify"]>[0]) => boolean | Promise<boolean> = () => true;

  async verify(target: Parameters<DialBack["verify"]>[0]): Promise<boolean> {
    this.asked.push({ boxId: target.boxId, address: target.address, port: target.port });
    return this.answer(target);
  }
}

export interface TestCloud {
  readonly cloud: RunningCloud;
  readonly origin: string;
  /** For the operator's routes. */
  readonly socket: string;
  readonly state: string;
  readonly publisher: DnsPublisher;
  readonly dialBack: ScriptedDialBack;
  stop(): Promise<void>;
}

export interface TestCloudOptions {
  readonly config?: object;
  readonly clock?: Clock;
  readonly state?: string;
  readonly publisher?: DnsPublisher;
  /** The publisher is told everything at each start; default false. */
  readonly isEmbedded?: boolean;
  readonly outbox?: CloudDeps["outbox"];
}

/** The cloud of this process, on a free port of loopback: behind a proxy on loopback, so that requests come from anywhere. */
export async function testCloud(t: Teardown, options: TestCloudOptions = {}): Promise<TestCloud> {
  const state = options.state ?? (await temporaryFolder(t));
  const config = configOf({
    state: { directory: state },
    http: { address: "127.0.0.1", port: 0, trustedProxies: ["127.0.0.1"] },
    zone: { name: ZONE },
    ...options.config,
  });
  const publisher = options.publisher ?? new MemoryPublisher();
  const dialBack = new ScriptedDialBack();
  const parts: CloudParts = {
    publisher,
    isEmbedded: options.isEmbedded ?? false,
    dialBack,
    stun: () => null,
    dns: null,
    doors: [],
    routes: () => [],
    components: [],
  };
  const cloud = await startCloud({
    config,
    clock: options.clock ?? systemClock,
    log: pino({ level: process.env["TELLYPORT_TEST_LOG"] ?? "silent" }),
    parts,
    outbox: { gatherMs: 10, pollMs: 100, settleMs: 0, ...options.outbox },
  });
  let stopped = false;
  const stop = async (): Promise<void> => {
    if (stopped) return;
    stopped = true;
    await cloud.stop();
  };
  t.teardown(stop);
  return {
    cloud,
    origin: `http://127.0.0.1:${cloud.ports.http}`,
    socket: `unix:${join(state, "control.sock")}`,
    state,
    publisher,
    dialBack,
    stop,
  };
}

export function configOf(value: object): CloudConfig {
  const config = Value.Default(CloudConfigSchema, structuredClone(value));
  return Value.Parse(CloudConfigSchema, config);
}

/** As if the request came from there. */
export function from(address: string): Record<string, string> {
  return { "x-forwarded-for": address };
}
