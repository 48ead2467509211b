import type { Scan, ScannedService, ScanProgress } from "../protocol/api.ts";
import { renderTable, type Column } from "./table.ts";
import { printable, wrap } from "./text.ts";

/** `37 % of 28 multiplexes · 12 tv, 4 radio · dvbt-498.000 · 24.5 dB`. */
export function scanLine({ percent, total, found, current, signal }: ScanProgress): string {
  const cnr = signal?.cnr ?? null;
  return [
    `${percent} % of ${total} ${total === 1 ? "multiplex" : "multiplexes"}`,
    counted(found),
    ...(current.length === 0 ? [] : [current.join(", ")]),
    ...(cnr === null ? [] : [`${cnr.toFixed(1)} dB`]),
  ].join(" · ");
}

const COLUMNS: readonly Column<ScannedService>[] = [
  { title: "No", value: ({ lcn }) => (lcn === null ? "-" : String(lcn)), align: "right" },
  { title: "Name", value: ({ name }) => name, shrinkTo: 14 },
  { title: "Kind", value: ({ kind }) => kind },
  { title: "Scrambled", value: ({ scrambled }) => (scrambled ? "yes" : "") },
  { title: "Service", value: ({ serviceId }) => String(serviceId), align: "right" },
  { title: "Multiplex", value: ({ multiplex }) => multiplex, shrinkTo: 10 },
];

/** What was found, what is new, and what was not received, for a person. */
export function renderScan(scan: Scan, columns: number | undefined): string {
  const width = columns ?? 80;
  const services = scan.services ?? [];
  const received = scan.multiplexes.filter(({ outcome }) => outcome === "ok" || outcome === "partial");
  const blocks = [
    services.length === 0 ? "" : renderTable(COLUMNS, services, columns),
    `${wrap(`Found ${counted(scan.found)} on ${received.length} of ${scan.multiplexes.length} multiplexes.`, width)}\n`,
    ...differences(scan, width),
  ];
  const silent = scan.multiplexes.filter((one) => !received.includes(one));
  if (silent.length > 0 && silent.length <= 12)
    blocks.push(
      `${wrap(`Not received: ${silent.map(({ id, outcome }) => `${printable(id)} (${outcome})`).join(", ")}.`, width)}\n`,
    );
  if (services.length === 0)
    blocks.push(
      "Nothing was found: check aerial, cable and dish, and whether country or initial data fit.\n",
    );
  if (scan.dryRun) blocks.push("This was a dry run: nothing is changed.\n");
  return blocks.filter((block) => block !== "").join("\n");
}

function differences({ diff }: Scan, width: number): string[] {
  if (diff === null) return [];
  const named = (services: readonly ScannedService[]): string =>
    services.map(({ name }) => printable(name)).join(", ");
  const changed = diff.changed.map(({ service, what }) =>
    what.length === 0
      ? `${printable(service.name)} (back)`
      : `${printable(service.name)} (${what.join(", ")})`,
  );
  const rows: [string, number, string][] = [
    ["New", diff.added.length, named(diff.added)],
    ["Changed", diff.changed.length, changed.join(", ")],
    ["Gone", diff.gone.length, named(diff.gone)],
  ];
  return rows
    .filter(([, count]) => count > 0)
    .map(([title, count, text]) => `${wrap(`${title} (${count}): ${text}`, width, "  ")}\n`);
}

function counted({ tv, radio, data }: ScanProgress["found"]): string {
  const parts = [`${tv} tv`, `${radio} radio`, ...(data === 0 ? [] : [`${data} data`])];
  return parts.join(", ");
}
