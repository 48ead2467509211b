import { systemClock, type Clock } from "../../../kernel/clock.ts";
import { stuck } from "./device-failure.ts";
import { DEVICE_FOLDERS, findFrontends, type DeviceFolders, type FoundFrontend } from "./device-nodes.ts";
import type { AdapterDescription, AdapterProblem } from "./adapter-description.ts";
import type { DeviceFailure, Probe } from "./messages.ts";
import { systemNames } from "./tune-plan.ts";
import { TunerThread } from "./tuner-thread.ts";

/** A driver that has not answered by then is stuck, ms. Longer than a firmware's upload. */
const PROBE_MS = 15_000;

/**
 * Asks one front end, on a thread of its own, which ends afterwards.
 * @returns null when its driver does not answer
 */
export function probeFrontend(
  found: FoundFrontend,
  thorough: boolean,
  clock: Clock,
): Promise<Probe | DeviceFailure | null> {
  return new Promise((resolve) => {
    const answer = (result: Probe | DeviceFailure | null): void => {
      late.cancel();
      resolve(result);
      thread.busy(false);
      void thread.end();
    };
    const thread = new TunerThread(1000, {
      report: (report) => {
        if (typeof report === "number") return;
        if (report.kind === "probed") answer(report.result);
        else if (report.kind === "unusable") answer({ code: report.code, message: report.message });
      },
      died: answer,
    });
    const late = clock.after(PROBE_MS, () => answer(null));
    thread.busy(true);
    thread.post({ kind: "probe", nodes: found.nodes, thorough });
  });
}

/** Whether a probe got an answer of the front end. */
export const answered = (result: Probe | DeviceFailure): result is Probe => "facts" in result;

/**
 * What each front end of Linux DVB on this machine is and can do. Those that are in use are described too; nothing is disturbed.
 * Never fails: what is wrong stands in the descriptions. Empty where there is no adapter.
 */
export async function describeAdapters(
  options: { folders?: DeviceFolders; clock?: Clock } = {},
): Promise<AdapterDescription[]> {
  const found = await findFrontends(options.folders ?? DEVICE_FOLDERS);
  return Promise.all(
    found.map(async (one) => {
      const result = await probeFrontend(one, true, options.clock ?? systemClock);
      return describe(one, result ?? stuck(one.adapter));
    }),
  );
}

function describe(found: FoundFrontend, result: Probe | DeviceFailure): AdapterDescription {
  const place = {
    id: found.id,
    adapter: found.adapter,
    frontend: found.frontend,
    device: found.nodes.frontend,
    bus: found.bus,
  };
  if (!answered(result))
    return {
      ...place,
      name: null,
      apiVersion: null,
      systems: [],
      frequencyHz: null,
      symbolRate: null,
      pidFilters: null,
      problems: problemsOf(result),
    };
  const { info, facts } = result;
  const systems = systemNames(facts.deliverySystems);
  // Satellite front ends tell kHz; one that can do both tells of what it is set to.
  const unit = info.type === 0 ? 1000 : 1;
  return {
    ...place,
    name: info.name,
    apiVersion: `${facts.apiVersion >> 8}.${facts.apiVersion & 0xff}`,
    systems,
    frequencyHz: rangeOf(info.frequencyMin * unit, info.frequencyMax * unit),
    symbolRate: rangeOf(info.symbolRateMin, info.symbolRateMax),
    pidFilters: result.filters,
    problems: [
      ...problemsOf(result.failure),
      ...(systems.length > 0
        ? []
        : [
            {
              code: "unsupported" as const,
              message: "It receives none of the systems that Tellyport knows: update its driver.",
            },
          ]),
    ],
  };
}

function problemsOf(failure: DeviceFailure | null): AdapterProblem[] {
  if (failure === null) return [];
  const { code, message } = failure;
  return [{ code: code === "device-busy" || code === "unsupported" ? code : "device-gone", message }];
}

const rangeOf = (from: number, to: number): { from: number; to: number } | null =>
  to > 0 && to >= from ? { from, to } : null;
