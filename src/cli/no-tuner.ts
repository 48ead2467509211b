import type { NamedSource, Tuner } from "../protocol/api.ts";
import type { Arguments } from "./command.ts";

/** What the box answers about its tuners; `sources` is absent when it does not tell where they come from. */
export interface TunersAnswer {
  readonly tuners: readonly Tuner[];
  readonly sources?: readonly NamedSource[];
  readonly notReceived?: readonly { readonly place: string; readonly code: string }[];
}

/** Why nothing came of a multiplex, in words. */
export const OUTCOMES: Readonly<Record<string, string>> = {
  "no-lock": "no signal",
  "no-data": "a signal, but nothing to read",
  "no-tuner-free": "no tuner was free",
  "device-gone": "the tuner was gone",
  "device-busy": "busy",
  displaced: "the tuner was needed",
  unsupported: "cannot be received",
  "wrong-multiplex": "another one came",
};

/** `Arte (no signal), ...`: entries of a list that give no channel; null when all do. */
export function silentEntries({ notReceived = [] }: TunersAnswer): string | null {
  if (notReceived.length === 0) return null;
  const some = notReceived.slice(0, SHOWN_ENTRIES);
  const more = notReceived.length - some.length;
  const named = some.map(({ place, code }) => `${place} (${LIST_OUTCOMES[code] ?? OUTCOMES[code] ?? code})`);
  return `Of the list, nothing comes of ${named.join(", ")}${more > 0 ? ` and ${more} more` : ""}: check their addresses. They are tried again by themselves.`;
}

/** An address has no signal. */
const LIST_OUTCOMES: Readonly<Record<string, string>> = { "no-lock": "no answer", "no-data": "no stream" };
const SHOWN_ENTRIES = 10;

/** `dvb:9: DVB adapter 9 is not there: plug it in...`, a sentence for each thing that was named and is absent. */
export function absent(sources: readonly NamedSource[] = []): string[] {
  return sources.flatMap(({ name, problems }) => problems.map((problem) => `${name}: ${problem}`));
}

/** Why there is no tuner, and the cure; null when there is one. */
export function noTuner({ tuners, sources }: TunersAnswer): string | null {
  if (tuners.length > 0) return null;
  const said = absent(sources);
  if (said.length > 0) return `The box has no tuner. ${said.join(" ")}`;
  return sources === undefined || sources.length === 0
    ? "The box has no tuner, and none was named: start it with one, such as `tellyport run --tuner dvb`, or name one in its configuration under `tuners`."
    : `The box has no tuner: ${sources.map(({ name }) => name).join(", ")} gave none. \`tellyport doctor\` says more.`;
}

/** Whether channels come by a scan alone, and not by themselves. */
export function needsScan(sources: readonly NamedSource[] = []): boolean {
  return sources.some(({ name }) => /^(dvb|satip)\b/.test(name));
}

/** The command that finds channels, as it is to be typed here. */
export function scanCommand(state: string | undefined): string {
  return `tellyport scan --country XX${state === undefined || state === "" ? "" : ` --state ${state}`}`;
}

/** What to do when the box knows no channel. */
export function noChannels(answer: TunersAnswer, state: string | undefined): string {
  return (
    noTuner(answer) ??
    (needsScan(answer.sources)
      ? `The box knows no channel yet: \`${scanCommand(state)}\` finds them (XX: your country's two letters, such as FR; \`tellyport scan --help\` for satellites).`
      : "The box knows no channel yet: its tuners are looking for them. Ask again in a minute.")
  );
}

/** The state directory that the person named with the command; with `$TELLYPORT_STATE` none need be. */
export function namedState(args: Arguments): string | undefined {
  return args.text("state");
}
