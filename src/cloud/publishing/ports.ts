import type { Clock } from "../../kernel/clock.ts";
import type { Component } from "../../kernel/lifecycle.ts";
import type { Log } from "../../kernel/log.ts";
import type { OutboxState } from "../../protocol/cloud-admin.ts";
import type { DnsPublisher } from "../ports.ts";
import type { Published, RecordRules } from "../registry/index.ts";
import type { Store } from "../store/ports.ts";

/** Brings what the registry says to the name server. */
export interface Publishing extends Component, Published {
  state(): Promise<OutboxState>;
  readonly counters: PublishingCounters;
}

/** Since the start. */
export interface PublishingCounters {
  /** Names that the name server was told. */
  names: number;
  batches: number;
  failures: number;
  refusals: number;
  /** Names at which it said something else afterwards. */
  differing: number;
}

export interface PublishingDeps {
  readonly store: Store;
  readonly publisher: DnsPublisher;
  /** Tells name servers apart: when it is another one than before, it is told everything. */
  readonly target: string;
  readonly rules: RecordRules;
  readonly clock: Clock;
  readonly log: Log;
}

export const noCounters = (): PublishingCounters => ({
  names: 0,
  batches: 0,
  failures: 0,
  refusals: 0,
  differing: 0,
});
