import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { openDatabase } from "../../../../src/kernel/store/database.ts";
import { createGuideStore } from "../../../../src/share/guide/guide-store.ts";
import { Guide } from "../../../../src/share/guide/guide.ts";
import type { MatchedChannel } from "../../../../src/share/guide/xmltv/channel-match.ts";
import type { DownloadLimits } from "../../../../src/share/guide/xmltv/listing-source.ts";
import type { XmltvSource } from "../../../../src/share/guide/xmltv/xmltv-feed.ts";
import { XmltvFeeds } from "../../../../src/share/guide/xmltv/xmltv-feeds.ts";
import { xmltvTimeText } from "../../../../src/share/guide/xmltv/xmltv-time.ts";
import { FakeClock } from "../../../helpers/fake-clock.ts";
import type { Teardown } from "../../../helpers/temporary.ts";
import { FakeTuners, service, silent } from "../../fakes.ts";

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const noon = Date.UTC(2026, 10, 20, 12);
export const SOURCE = { refreshHours: 12, channels: {}, languages: [] };

export const channel = (serviceId: number, name: string): MatchedChannel => ({
  id: `c${serviceId}`,
  key: service(serviceId).key,
  name,
  number: serviceId,
  lcn: null,
});

/** Minutes from noon, an end or null, title. */
export type Row = readonly [from: number, to: number | null, title: string, channel?: string];

export function listing(
  rows: readonly Row[],
  channels: Readonly<Record<string, string>> = { a: "Eins" },
): string {
  const time = (minutes: number): string => xmltvTimeText(noon + minutes * MINUTE);
  return (
    `<tv>${Object.entries(channels)
      .map(([id, name]) => `<channel id="${id}"><display-name>${name}</display-name></channel>`)
      .join("")}` +
    rows
      .map(
        ([from, to, title, of = "a"]) =>
          `<programme start="${time(from)}"${to === null ? "" : ` stop="${time(to)}"`} channel="${of}"><title>${title}</title></programme>`,
      )
      .join("") +
    "</tv>"
  );
}

/** A box's guide with listings, and what it logs. */
export function boxOf(
  t: Teardown,
  sources: readonly Partial<XmltvSource>[],
  options: { channels?: MatchedChannel[]; limits?: Partial<DownloadLimits> } = {},
) {
  const clock = new FakeClock(noon);
  const database = openDatabase(":memory:");
  const guide = new Guide({
    tuners: new FakeTuners(),
    store: createGuideStore(database),
    clock,
    log: silent,
  });
  const logged: { event: string; facts: Record<string, unknown> }[] = [];
  const log = (facts: object, event: string): void => void logged.push({ event, facts: { ...facts } });
  let channels = options.channels ?? [channel(1, "Eins")];
  const feeds = new XmltvFeeds({
    sources: sources.map((source) => ({ ...SOURCE, ...source })),
    channels: () => channels,
    guide,
    clock,
    log: { info: log, warn: log },
    ...(options.limits !== undefined && { limits: options.limits }),
  });
  t.teardown(() => {
    feeds.stop();
    guide.stop();
    database.close();
  });
  return {
    clock,
    guide,
    feeds,
    logged,
    events: () => logged.map(({ event }) => event),
    setChannels: (list: MatchedChannel[]) => void (channels = list),
    changes: () => Number(database.prepare("SELECT total_changes() AS n").get()?.["n"]),
    titles: (serviceId = 1): string[] =>
      guide.schedule(service(serviceId).key, 0, Number.MAX_SAFE_INTEGER, 9999).map(({ title }) => title),
  };
}

/** A server on loopback whose answer the test sets. */
export async function serverOf(t: Teardown) {
  const requests: IncomingMessage[] = [];
  const state = {
    answer: (_request: IncomingMessage, response: ServerResponse): void => void response.end(),
  };
  const server = createServer((request, response) => {
    requests.push(request);
    state.answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.teardown(
    () =>
      new Promise((resolve) => {
        server.close(resolve);
        server.closeAllConnections();
      }),
  );
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/guide.xml?key=secret`;
  return { url, requests, state };
}

/** Waits on real time, for what sockets and files bring. */
export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  for (let i = 0; i < 2000; i++) {
    if (await holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  throw new Error("it did not come");
}
