import { readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import fastify from "fastify";
import t from "tap";
import { openDatabase } from "../../../../src/kernel/store/database.ts";
import { createGuideStore } from "../../../../src/share/guide/guide-store.ts";
import { Guide } from "../../../../src/share/guide/guide.ts";
import { XmltvFeeds } from "../../../../src/share/guide/xmltv/xmltv-feeds.ts";
import { xmltvRoutes } from "../../../../src/share/guide/xmltv/xmltv-routes.ts";
import { EitCollector } from "../../../../src/tuner/guide/eit-collector.ts";
import { serviceKeyText, type ServiceKey } from "../../../../src/tuner/ports.ts";
import { capture, skipWithout } from "../../../helpers/captures.ts";
import { FakeClock } from "../../../helpers/fake-clock.ts";
import { siOfFile } from "../../../helpers/si-of-file.ts";
import { temporaryFolder } from "../../../helpers/temporary.ts";
import { FakeTuners, service, silent } from "../../fakes.ts";
import { dtdOf, faultsOf } from "./dtd.ts";

const DTD = "xmltv/xmltv.dtd";
const EIT_PID = 0x12;

/** Programmes of the eight days from the first that runs, at least; of those that begin at the same time an import keeps one. */
const CAPTURES = [
  { file: "dvbs2-fr-tnt5w-smr6-5svc-epg-10s.ts", programmes: 750, twice: 200 },
  { file: "dvbt2-cz-ct-mux21-radio-latm-epg-27s.ts", programmes: 1900, twice: 0 },
  { file: "dvbt-tw-cts-si-epg-chinese.ts", programmes: 10, twice: 0 },
];

for (const { file, programmes, twice } of CAPTURES) {
  t.test(
    `xmltv: the guide of ${file} validates, and is read back the same`,
    { skip: skipWithout(DTD, file) },
    async (t) => {
      const collector = new EitCollector();
      for (const section of siOfFile(capture(file) ?? "", (pid) => pid === EIT_PID).sections.get(EIT_PID) ??
        [])
        collector.push(section);
      const events = collector.take(Infinity);
      const clock = new FakeClock(Math.min(...events.map(({ startsAt }) => startsAt)));
      const keys = new Map(events.map((event) => [serviceKeyText(event.service), event.service]));
      const channels = [...keys.values()].map((key, at) => ({
        ...service(at + 1),
        key,
        id: `c${at}`,
        multiplex: "m",
        number: at + 1,
        name: `${key.originalNetworkId} & ${key.transportStreamId} <${key.serviceId}>`,
        lastSeenAt: clock.now(),
        codecs: null,
        history: null,
        hidden: false,
        favourite: false,
      }));
      const guideOf = (): Guide => {
        const database = openDatabase(":memory:");
        const guide = new Guide({
          tuners: new FakeTuners(),
          store: createGuideStore(database),
          clock,
          log: silent,
        });
        t.teardown(() => {
          guide.stop();
          database.close();
        });
        return guide;
      };
      const guide = guideOf();
      guide.take(events, collector.takeStretches());

      const app = fastify();
      t.teardown(() => app.close());
      await app.register(xmltvRoutes({ all: () => channels }, guide, clock));
      const { body } = await app.inject("/api/v1/guide.xmltv");
      t.same(faultsOf(dtdOf(readFileSync(capture(DTD) ?? "", "utf8")), body), []);
      const written = body.split("<programme ").length - 1;
      t.ok(written >= programmes, `${written} programmes`);

      const path = join(await temporaryFolder(t), "guide.xml");
      await writeFile(path, body);
      const again = guideOf();
      const feeds = new XmltvFeeds({
        sources: [{ path, refreshHours: 12, channels: {}, languages: [] }],
        channels: () => channels,
        guide: again,
        clock,
        log: { info() {}, warn: (facts, event) => t.fail(event, facts) },
      });
      await feeds.look();
      // White space that XML and the DTD do not keep.
      const plain = (text: string | undefined): string => (text ?? "").replace(/\s+/g, " ").trim();
      const shown = (of: Guide, key: ServiceKey) =>
        of.schedule(key, clock.now(), clock.now() + 8 * 24 * 60 * 60_000, 1000).map((one) => ({
          ...one,
          title: plain(one.title),
          subtitle: plain(one.subtitle),
          description: plain(one.description),
          language: null,
          genres: (one.genres ?? []).map(({ code }) => code).sort((a, b) => a - b),
        }));
      let compared = 0;
      let doubled = 0;
      const unlike: unknown[] = [];
      for (const { key } of channels) {
        const before = shown(guide, key);
        const after = new Map(shown(again, key).map((one) => [one.startsAt, one]));
        compared += before.length;
        const starts = new Set(before.map(({ startsAt }) => startsAt));
        doubled += before.length - starts.size;
        t.equal(after.size, starts.size);
        for (const one of before) {
          const same = before
            .filter(({ startsAt }) => startsAt === one.startsAt)
            .map((each) => JSON.stringify(each));
          if (!same.includes(JSON.stringify(after.get(one.startsAt))))
            unlike.push([one, after.get(one.startsAt)]);
        }
      }
      t.equal(compared, written);
      t.ok(doubled <= twice, `${doubled} begin with another`);
      t.same(unlike.slice(0, 3), []);
    },
  );
}
