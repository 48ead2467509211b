import type { Channel, Scan, ScannedService, ScanProgress } from "../protocol/api.ts";
import { channelIdOf } from "../protocol/channel-id.ts";
import { OUTCOMES } from "./no-tuner.ts";
import { renderTable, type Column } from "./table.ts";
import { printable, wrap } from "./text.ts";

/** Of those that are visited at a time. */
const SHOWN_PLACES = 3;

/**
 * `37 % of 28 multiplexes · about 2 min left · 12 tv, 4 radio · DVB-T 498 MHz · 24.5 dB`.
 * @param leftMs how long it may yet take; null: not known
 */
export function scanLine(progress: ScanProgress, leftMs: number | null = null): string {
  const { percent, total, found, current, places, signal, waiting } = progress;
  const cnr = signal?.cnr ?? null;
  return [
    `${percent} % of ${total} ${total === 1 ? "multiplex" : "multiplexes"}`,
    ...(waiting === true ? ["every tuner is in use: waiting for one"] : []),
    ...(leftMs === null || waiting === true ? [] : [`about ${duration(leftMs)} left`]),
    counted(found),
    ...(current.length === 0 || waiting === true ? [] : [someOf(places ?? current)]),
    ...(cnr === null ? [] : [`${cnr.toFixed(1)} dB`]),
  ].join(" · ");
}

function someOf(places: readonly string[]): string {
  const more = places.length - SHOWN_PLACES;
  return `${places.slice(0, SHOWN_PLACES).join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}

function duration(ms: number): string {
  const seconds = Math.max(10, Math.ceil(ms / 10_000) * 10);
  return seconds < 90 ? `${seconds} s` : `${Math.round(seconds / 60)} min`;
}

/** A service, and the channel that it is in the box's list. */
interface Row {
  readonly service: ScannedService;
  readonly channel: Channel | undefined;
}

const COLUMNS: readonly Column<Row>[] = [
  {
    title: "No",
    value: ({ service, channel }) => String(channel?.number ?? service.lcn ?? "-"),
    align: "right",
  },
  { title: "Name", value: (row) => nameOf(row), shrinkTo: 14 },
  { title: "Kind", value: ({ service }) => service.kind },
  { title: "Scrambled", value: ({ service }) => (service.scrambled ? "yes" : "") },
  { title: "Service", value: ({ service }) => String(service.serviceId), align: "right" },
  { title: "Multiplex", value: ({ service }) => service.place ?? service.multiplex, shrinkTo: 10 },
];

/** The id of the channel that a service is. */
export function channelOf({ multiplex, transportStreamId, serviceId }: ScannedService): string {
  return channelIdOf(multiplex, transportStreamId, serviceId);
}

const numberOf = ({ service, channel }: Row): number =>
  channel?.number ?? service.lcn ?? Number.MAX_SAFE_INTEGER;
const nameOf = ({ service, channel }: Row): string => channel?.name ?? service.name;

/**
 * What was found, what is new, and what was not received, for a person.
 * @param channels as the box lists them; with them services have the numbers and names that people see there
 */
export function renderScan(
  scan: Scan,
  columns: number | undefined,
  channels: readonly Channel[] = [],
): string {
  const byId = new Map(channels.map((one) => [one.id, one]));
  const rowOf = (service: ScannedService): Row => ({
    service,
    channel: byId.get(channelOf(service)),
  });
  const width = columns ?? 80;
  const services = scan.services ?? [];
  const received = scan.multiplexes.filter(({ outcome }) => outcome === "ok" || outcome === "partial");
  const blocks = [
    services.length === 0
      ? ""
      : renderTable(
          COLUMNS,
          services.map(rowOf).sort((a, b) => numberOf(a) - numberOf(b)),
          columns,
        ),
    `${wrap(`Found ${counted(scan.found)} on ${received.length} of ${scan.multiplexes.length} multiplexes.`, width)}\n`,
    ...differences(scan, width, (service) => printable(nameOf(rowOf(service)))),
  ];
  const silent = scan.multiplexes.filter((one) => !received.includes(one));
  if (silent.length > 0 && silent.length <= 12)
    blocks.push(
      `${wrap(`Not received: ${silent.map(({ id, place, outcome }) => `${printable(place ?? id)} (${OUTCOMES[outcome] ?? outcome})`).join(", ")}.`, width)}\n`,
    );
  if (services.length === 0)
    blocks.push(
      "Nothing was found: check aerial, cable and dish, and whether country or initial data fit.\n",
    );
  if (scan.dryRun) blocks.push("This was a dry run: nothing is changed.\n");
  return blocks.filter((block) => block !== "").join("\n");
}

function differences(
  { diff }: Scan,
  width: number,
  nameOfService: (service: ScannedService) => string,
): string[] {
  if (diff === null) return [];
  const named = (services: readonly ScannedService[]): string => services.map(nameOfService).join(", ");
  const changed = diff.changed.map(({ service, what }) =>
    what.length === 0 ? `${nameOfService(service)} (back)` : `${nameOfService(service)} (${what.join(", ")})`,
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
