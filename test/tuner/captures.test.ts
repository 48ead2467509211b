import t from "tap";
import { createFileSource } from "../../src/tuner/drivers/file/index.ts";
import { createTuners } from "../../src/tuner/tuners.ts";
import type { GuideEvent, Service } from "../../src/tuner/ports.ts";
import { capture, skipWithout } from "../helpers/captures.ts";
import { FakeClock } from "../helpers/fake-clock.ts";
import { silentLog } from "./feeding.ts";

/** Services by service_id as the captures' README names them; those with a PMT in the file are on air. */
const SERVICES: Record<
  string,
  { onAir: Record<number, string>; named?: Record<number, string>; count?: number }
> = {
  "dvbs-fr-canalsat-2svc-h264-ac3-eitpf-3s.ts": { onAir: { 8802: "CANAL+ DECALE", 8810: "CNEWS" } },
  "dvbs-fr-canalsat-scrambled-and-clear-2s.ts": { onAir: { 8803: "CANAL+ CINEMA", 8810: "CNEWS" } },
  "dvbs2-fr-tnt5w-smr6-5svc-epg-10s.ts": {
    onAir: { 1537: "TF1", 1542: "TMC", 1544: "TFX", 1545: "LCP", 1546: "LCI" },
  },
  "dvbt-fr-franceinfo-h264-eac3-dvbsub-7s.ts": { onAir: { 262: "franceinfo:" } },
  "dvbt-it-rai-fullmux-mpeg2-hevc-8svc-1s.ts": {
    onAir: {
      3401: "Rai 1",
      3402: "Rai 2",
      3403: "Rai 3 TGR Emilia Romagna",
      3404: "Rai Radio1",
      3405: "Rai Radio2",
      3406: "Rai Radio3",
      3410: "Test HEVC main10",
      3411: "Rai News 24",
    },
  },
  "dvbt-tw-cts-si-epg-chinese.ts": {
    onAir: { 501: "華視CTS" },
    named: { 502: "華視教育體育文化台", 503: "華視新聞資訊台", 504: "國會頻道1", 505: "國會頻道2" },
  },
  "dvbt-uk-bbcnews-mpeg2-mp2-dvbsub-5s.ts": { onAir: { 4352: "BBC NEWS" } },
  "dvbt2-cz-ct-mux21-radio-latm-epg-27s.ts": {
    onAir: {},
    named: { 268: "CT 1 HD T2", 270: "CT 2 HD T2", 272: "CT 24 HD T2", 274: "CT sport HD T2" },
    count: 18,
  },
  "format-m2ts192-mpeg2-2s.m2ts": { onAir: { 1: "Service01" } },
  "broken-sat-animalplanet-tei-cc-pcr-1s.ts": { onAir: {}, named: { 60: "Animal Planet Europe HD" } },
};

async function survey(name: string): Promise<{ services: readonly Service[]; guide: GuideEvent[] }> {
  const clock = new FakeClock();
  const source = await createFileSource({ paths: [capture(name)!], clock, tuners: 1 });
  const tuners = createTuners({ sources: [source], clock, log: silentLog, options: { surveyMs: 15_000 } });
  const guide: GuideEvent[] = [];
  tuners.on((event) => {
    if (event.kind === "guide") guide.push(...event.events);
  });
  tuners.start?.(new AbortController().signal);
  for (let i = 0; i < 60; i++) {
    await clock.advanceAsync(250, 25);
    await new Promise((resolve) => setTimeout(resolve, 3));
  }
  const services = tuners.services();
  await tuners.stop?.();
  return { services, guide };
}

for (const [name, expected] of Object.entries(SERVICES)) {
  t.test(
    `tuners: ${name} has the services that it is known to have`,
    { skip: skipWithout(name) },
    async (t) => {
      const { services } = await survey(name);
      const byId = (filter: (service: Service) => boolean): Record<number, string> =>
        Object.fromEntries(services.filter(filter).map((service) => [service.key.serviceId, service.name]));
      const named = byId((service) => !service.onAir);
      for (const [id, text] of Object.entries(expected.named ?? {})) t.equal(named[Number(id)], text);
      if (expected.count === undefined) {
        t.same(
          byId((service) => service.onAir),
          expected.onAir,
        );
        t.equal(
          services.length,
          Object.keys(expected.onAir).length + Object.keys(expected.named ?? {}).length,
        );
      } else {
        t.equal(services.length, expected.count);
        const onAir = services.filter((service) => service.onAir);
        t.same(
          onAir.map((service) => service.kind),
          ["radio"],
        );
      }
    },
  );
}

const RAI = "dvbt-it-rai-fullmux-mpeg2-hevc-8svc-1s.ts";
t.test("tuners: kinds, numbers and keys come from the tables", { skip: skipWithout(RAI) }, async (t) => {
  const { services, guide } = await survey(RAI);
  const one = services.find((service) => service.name === "Rai 1")!;
  t.match(one, { kind: "tv", lcn: 1, visible: true, scrambled: false, provider: "Rai" });
  t.equal(one.key.originalNetworkId, 318);
  t.equal(services.find((service) => service.name === "Rai Radio1")!.kind, "radio");
  t.ok(guide.length >= 12, `${guide.length} events`);
  t.ok(guide.every((event) => event.endsAt >= event.startsAt));
});

const CANAL = "dvbs-fr-canalsat-scrambled-and-clear-2s.ts";
t.test(
  "tuners: a scrambled service beside a clear one is told apart",
  { skip: skipWithout(CANAL) },
  async (t) => {
    const { services } = await survey(CANAL);
    t.same(services.map((service) => [service.key.serviceId, service.scrambled]).sort(), [
      [8803, true],
      [8810, false],
    ]);
  },
);

const CZECH = "dvbt2-cz-ct-mux21-radio-latm-epg-27s.ts";
t.test(
  "tuners: a schedule comes in doses and without repetitions",
  { skip: skipWithout(CZECH) },
  async (t) => {
    const { guide } = await survey(CZECH);
    t.ok(guide.length > 1000, `${guide.length} events`);
    const keys = new Set(
      guide.map((event) => `${event.service.serviceId} ${event.eventId} ${event.startsAt}`),
    );
    // An event may be in present/following and in the schedule; not more.
    t.ok(guide.length <= keys.size + 80, `${guide.length} events, ${keys.size} different`);
  },
);
