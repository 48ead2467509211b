import t from "tap";
import { Survey, type GuideOutcome, type Surveyed } from "../../src/tuner/survey.ts";
import { FakeClock } from "../helpers/fake-clock.ts";
import { fakeTuners, Recorder } from "./feeding.ts";
import { SectionPacketiser } from "../../src/tuner/mpegts/section-packetiser.ts";
import { generateCapture } from "./drivers/file/generated-capture.ts";
import { encodeEit } from "../../src/tuner/si/eit.ts";

/** A session that a test fills. */
class Session implements Surveyed {
  readonly multiplex: { id: string };
  readonly weight: string;
  lockedAt: number;
  named = true;
  tables = {
    complete: true,
    hasSdt: true,
    promisesSchedule: true,
    guideComplete: false,
    guide: { scheduleSections: 0 },
  };

  constructor(id: string, weight: string, lockedAt: number) {
    this.multiplex = { id };
    this.weight = weight;
    this.lockedAt = lockedAt;
  }
}

/** A survey over so many tuners; what it opens stays open until it is done or taken. */
function surveyOf(multiplexes: string[], tuners: number, guide = true) {
  const clock = new FakeClock();
  const open: Session[] = [];
  const opened: string[] = [];
  const outcomes: [string, GuideOutcome][] = [];
  const drop = (session: Session): void => void open.splice(open.indexOf(session), 1);
  let promised = true;
  const survey = new Survey<Session>({
    clock,
    multiplexes,
    stayMs: 4000,
    periodMs: 1e9,
    retryMs: 60_000,
    guide: guide ? { periodMs: 3_600_000, stayMs: 300_000 } : null,
    open: (id, weight) => {
      if (open.length >= tuners) return null;
      const session = new Session(id, weight, clock.monotonic());
      session.tables.promisesSchedule = promised;
      open.push(session);
      opened.push(`${weight} ${id}`);
      return session;
    },
    done: drop,
    guided: (id, outcome) => outcomes.push([id, outcome]),
  });
  const take = (session: Session, code: "no-lock" | null = null): void => {
    drop(session);
    survey.ended(session, code);
  };
  return { clock, survey, open, opened, outcomes, take, promiseNone: () => void (promised = false) };
}

t.test("survey: the line-up of every multiplex comes first, then guides one at a time", (t) => {
  const { clock, survey, open, opened, outcomes } = surveyOf(["a", "b", "c"], 2);
  survey.start();
  for (let i = 0; i < 40; i++) {
    clock.advance(250);
    t.ok(open.filter(({ weight }) => weight === "guide").length <= 1);
    for (const session of open) if (session.weight === "guide") session.tables.guideComplete = true;
  }
  t.same(opened, ["idleScan a", "idleScan b", "idleScan c", "guide a", "guide b", "guide c"]);
  t.same(
    outcomes,
    ["a", "b", "c"].map((id) => [id, "done"]),
  );
  t.same(open, [], "every tuner is idle again");
  clock.advance(3_600_000);
  t.equal(opened[6], "guide a", "it comes again after its period");
  survey.stop();
  t.end();
});

t.test("survey: it goes for no guide that nobody promises or that the owner does not want", (t) => {
  for (const guide of [true, false]) {
    const { clock, survey, opened, promiseNone } = surveyOf(["a"], 1, guide);
    if (guide) promiseNone();
    survey.start();
    clock.advance(60_000);
    t.same(opened, ["idleScan a"]);
    survey.stop();
  }
  t.end();
});

t.test("survey: a guide without anything new for 20 s is left", (t) => {
  const { clock, survey, open, outcomes } = surveyOf(["a"], 1);
  survey.start();
  clock.advance(1000);
  clock.advance(15_000);
  open[0]!.tables.guide.scheduleSections++;
  clock.advance(19_000);
  t.same(outcomes, []);
  clock.advance(2000);
  t.same(outcomes, [["a", "no-data"]]);
  t.same(open, []);
  survey.stop();
  t.end();
});

t.test("survey: the longest stay ends a guide that does not become whole", (t) => {
  const { clock, survey, open, outcomes } = surveyOf(["a"], 1);
  survey.start();
  for (let i = 0; i < 298; i++) {
    clock.advance(1000);
    if (open[0] !== undefined) open[0].tables.guide.scheduleSections++;
  }
  t.same(outcomes, []);
  clock.advance(5000);
  t.same(outcomes, [["a", "timeout"]]);
  survey.stop();
  t.end();
});

t.test("survey: a stolen guide is made up for; one that failed is tried again later", (t) => {
  const { clock, survey, open, opened, outcomes, take } = surveyOf(["a"], 1);
  survey.start();
  clock.advance(1000);
  take(open[0]!);
  t.same(outcomes, [["a", "stolen"]]);
  clock.advance(500);
  t.same(opened, ["idleScan a", "guide a", "guide a"]);
  take(open[0]!, "no-lock");
  clock.advance(50_000);
  t.equal(opened.length, 3);
  clock.advance(20_000);
  t.same(opened.slice(3), ["idleScan a", "guide a"], "the line-up before it");
  survey.stop();
  t.end();
});

/** A second of multiplex 1, with those sections of a schedule of two. */
function withSchedule(sectionNumbers: readonly number[]): Buffer {
  const capture = generateCapture({
    seconds: 1,
    transportStreamId: 1,
    services: [{ id: 11, name: "Service 1.1" }],
    schedule: true,
  });
  const writer = new SectionPacketiser(0x12);
  const eits = sectionNumbers.map((sectionNumber) =>
    encodeEit({
      tableId: 0x50,
      actual: true,
      schedule: true,
      serviceId: 11,
      transportStreamId: 1,
      originalNetworkId: 99,
      version: 1,
      current: true,
      sectionNumber,
      lastSectionNumber: 1,
      segmentLastSectionNumber: 1,
      lastTableId: 0x50,
      events: [
        {
          eventId: sectionNumber,
          startsAt: Date.UTC(2026, 10, 20, 1),
          durationMs: 60_000,
          runningStatus: 1,
          freeCaMode: false,
          title: sectionNumber === 1 ? "Last" : "First",
          description: "",
          language: "eng",
          content: [],
          rating: [],
        },
      ],
    }),
  );
  const packets = (section: Buffer): Buffer => {
    const out = Buffer.alloc(SectionPacketiser.size(section.length));
    writer.write(section, out, 0);
    return out;
  };
  return Buffer.concat([capture, ...eits.map(packets)]);
}

t.test("survey: a viewer has the tuner of a guide at once, and the guide is collected later", async (t) => {
  const { tuners, run, subscribe, substitute, events } = fakeTuners({
    drivers: 1,
    multiplexes: 2,
    options: { lingerMs: 500 },
  });
  substitute.set("mux-1", withSchedule([0]));
  tuners.start?.(new AbortController().signal);
  await run(14_000);
  t.equal(tuners.snapshot()[0]!.multiplex, "mux-1");
  t.same(tuners.snapshot()[0]!.consumers, ["survey"]);
  const viewer = await subscribe(21, new Recorder());
  t.ok(viewer.timings.pmt < 1500, `${viewer.timings.pmt} ms`);
  t.equal(tuners.snapshot()[0]!.multiplex, "mux-2");
  viewer.close();
  substitute.set("mux-1", withSchedule([0, 1]));
  await run(6000);
  t.equal(tuners.snapshot()[0]!.state, "idle");
  const titles = events.flatMap((event) => (event.kind === "guide" ? event.events : []));
  t.ok(titles.some(({ title }) => title === "Last"));
  await tuners.stop?.();
});
