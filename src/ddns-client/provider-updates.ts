import type { OnlineState } from "../protocol/online.ts";
import type { ProviderResult } from "./providers/name-provider.ts";
import type { ProviderSchedule } from "./providers/provider-schedule.ts";

type State = OnlineState["providers"][number];

/** A name at another provider, kept up to date while the box is online. */
export interface ProviderUpdates {
  /** The box's name there. */
  readonly name: string;
  readonly kind: State["kind"];
  readonly schedule: ProviderSchedule;
  /** Lets go of what it holds. */
  readonly close: () => void;
}

const STATES: Record<"idle" | ProviderResult["kind"], State["state"]> = {
  idle: "waiting",
  done: "done",
  unchanged: "done",
  wait: "failed",
  stopped: "stopped",
};
const NOTHING_YET = "nothing was sent yet";

/** For the owner. */
export function providerState({ name, kind, schedule }: ProviderUpdates): State {
  const { kind: state, message } = schedule.state;
  return { name, kind, state: STATES[state], message: message ?? NOTHING_YET };
}
