import { pino } from "pino";
import { startCloud } from "../../src/cloud/cloud.ts";
import { MemoryPublisher } from "../helpers/memory-publisher.ts";
import type { DnsPublisher, NameRecords, RecordType } from "../../src/cloud/ports.ts";
import { systemClock } from "../../src/kernel/clock.ts";
import { TellyportError } from "../../src/kernel/errors.ts";
import { configOf } from "./cloud-in-test.ts";

/** What the test tells an instance of the cloud that runs in a process of its own. */
export interface ChildOptions {
  readonly config: object;
  /** Where the name server of the test is, `http://127.0.0.1:PORT`; empty: it is a map of this process. */
  readonly recorder: string;
  /** The name of this instance, for the recorder. */
  readonly instance: string;
}

/** Tells the test's name server. */
class RecorderPublisher implements DnsPublisher {
  readonly kind = "recorder";
  readonly #options: ChildOptions;

  constructor(options: ChildOptions) {
    this.#options = options;
  }

  async publish(_zone: string, names: readonly NameRecords[], signal: AbortSignal): Promise<void> {
    const { recorder, instance } = this.#options;
    const answer = await fetch(`${recorder}/publish?instance=${instance}`, {
      method: "POST",
      body: JSON.stringify(names),
      signal,
    });
    if (!answer.ok) throw new TellyportError("dns-unavailable", `The recorder says ${answer.status}.`);
  }

  async read(name: string, type: RecordType, signal: AbortSignal): Promise<readonly string[]> {
    const answer = await fetch(`${this.#options.recorder}/read?name=${name}&type=${type}`, { signal });
    return (await answer.json()) as string[];
  }

  async close(): Promise<void> {}
}

const options = JSON.parse(process.argv[2] ?? "") as ChildOptions;
const cloud = await startCloud({
  config: configOf(options.config),
  clock: systemClock,
  log: pino({ level: process.env["TELLYPORT_TEST_LOG"] ?? "silent" }, pino.destination(2)),
  parts: {
    publisher: options.recorder === "" ? new MemoryPublisher() : new RecorderPublisher(options),
    isEmbedded: false,
    dialBack: { verify: async () => true },
    stun: () => null,
    dns: null,
    doors: [],
    routes: () => [],
    components: [],
  },
  // Of a bench: as in earnest.
  ...(options.recorder !== "" && {
    outbox: { gatherMs: 20, pollMs: 100, settleMs: 300, doubtMs: 4000, batch: 20 },
  }),
});
process.stdout.write(`${JSON.stringify({ port: cloud.ports.http })}\n`);
process.once("SIGTERM", () => void cloud.stop());
