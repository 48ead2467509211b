import { absent, noTuner, silentEntries, type TunersAnswer } from "../no-tuner.ts";
import { Tuners, type Tuner } from "../../protocol/api.ts";
import { boxClient } from "../box-client.ts";
import { BOX_OPTIONS, type Command } from "../command.ts";
import { report } from "../report.ts";
import { renderTable, type Column } from "../table.ts";
import { printable, wrap } from "../text.ts";

const COLUMNS: readonly Column<Tuner>[] = [
  { title: "Tuner", value: ({ name }) => name, shrinkTo: 8 },
  {
    title: "State",
    value: ({ state, error }) => (error === null ? state : `${state}: ${error}`),
    shrinkTo: 8,
  },
  { title: "Multiplex", value: ({ multiplex, place }) => place ?? multiplex ?? "-", shrinkTo: 9 },
  { title: "Signal", value: signalOf },
  { title: "Packets", value: ({ counters }) => String(counters.packets), align: "right" },
  { title: "Errors", value: errorsOf, align: "right" },
];

export const tuners: Command = {
  path: ["tuners"],
  summary: "Show what each tuner does, for whom, and how good its signal is",
  options: BOX_OPTIONS,
  notes: [
    "Errors are the sum of continuity errors, transport errors, overflows and lost synchronisation; what there was of each is listed below the table, and all of it with --json.",
  ],
  async run(args, io) {
    const box = await boxClient(args, io);
    const answer = await box.call(Tuners, "GET", "/api/v1/tuners");
    return report(args, io, answer, () => renderTuners(answer, io.stdout.columns));
  },
};

/** The table, and below it what each busy tuner receives and for whom. */
export function renderTuners(answer: TunersAnswer, columns: number | undefined): string {
  const width = columns ?? 80;
  const none = noTuner(answer);
  if (none !== null) return `${wrap(printable(none), width)}\n`;
  const all = toldApart(answer.tuners);
  const missing = [...absent(answer.sources), silentEntries(answer) ?? []]
    .flat()
    .map((text) => `\n${wrap(printable(text), width)}\n`);
  return [renderTable(COLUMNS, all, columns), ...all.map((tuner) => details(tuner, width)), ...missing].join(
    "",
  );
}

function details(tuner: Tuner, width: number): string {
  const { counters } = tuner;
  const rows: [string, string][] = [
    ["signal", signalDetails(tuner)],
    ["services", tuner.services.map(({ name }) => name).join(", ")],
    ["used by", tuner.consumers.map((one) => OWN_WORK[one] ?? one).join(", ")],
    ["scanned", counters.packetsScanned === counters.packets ? "" : `${counters.packetsScanned} packets`],
    ["errors", counted(counters)],
  ];
  const lines = rows
    .filter(([, text]) => text !== "")
    .map(([title, text]) => `  ${title.padEnd(9)}  ${wrap(printable(text), width - 13, " ".repeat(13))}\n`);
  return lines.length === 0 ? "" : `\n${printable(tuner.name)}\n${lines.join("")}`;
}

/** What the box does by itself, in words. */
const OWN_WORK: Readonly<Record<string, string>> = {
  survey: "the box itself, looking for channels and programmes",
};

/** Those of one name, such as two sticks of one make, with their ids: by the place where they are plugged in. */
export function toldApart(all: readonly Tuner[]): Tuner[] {
  return all.map((tuner) =>
    all.some(({ id, name }) => id !== tuner.id && name === tuner.name)
      ? { ...tuner, name: `${tuner.id} (${tuner.name})` }
      : tuner,
  );
}

/** The verdict, and figures that it does not name. */
function signalDetails({ signal }: Tuner): string {
  if (signal === null) return "";
  const parts = [
    signal.verdict?.text ?? "",
    signal.uncorrectedBlocks ? `${signal.uncorrectedBlocks} blocks lost since the lock` : "",
  ];
  return parts.filter((part) => part !== "").join("; ");
}

function counted(counters: Tuner["counters"]): string {
  const named: [number, string][] = [
    [counters.continuityErrors, "continuity"],
    [counters.transportErrors, "transport"],
    [counters.overflows, "overflow"],
    [counters.syncLosses, "synchronisation"],
  ];
  return named
    .filter(([count]) => count > 0)
    .map(([count, name]) => `${count} ${name}`)
    .join(", ");
}

function errorsOf({ counters }: Tuner): string {
  const { continuityErrors, transportErrors, overflows, syncLosses } = counters;
  return String(continuityErrors + transportErrors + overflows + syncLosses);
}

function signalOf({ signal }: Tuner): string {
  const strength = signal?.strength ?? null;
  const cnr = signal?.cnr ?? null;
  const parts = [
    ...(strength === null ? [] : [`${strength.toFixed(0)} dBm`]),
    ...(cnr === null ? [] : [`${cnr.toFixed(1)} dB`]),
  ];
  const quality = signal?.quality ?? null;
  // A relative value says something only where there is no other.
  if (cnr === null && quality !== null) parts.push(`${Math.round(quality * 100)} %`);
  return parts.length === 0 ? "-" : parts.join(" ");
}
