import t from "tap";
import { EitCollector } from "../../../src/tuner/guide/eit-collector.ts";
import { serviceKeyText, type GuideEvent, type GuideStretch } from "../../../src/tuner/ports.ts";
import { capture, skipWithout } from "../../helpers/captures.ts";
import { siOfFile } from "../../helpers/si-of-file.ts";
import { vdrEvents, type VdrEvent } from "./vdr-reference.ts";

const EIT_PID = 0x12;

/**
 * What may differ from VDR 2.6.0, and why. A difference of another kind, or of another event where a number is given, fails.
 *
 * - `ends`: VDR leaves blanks and line breaks at the ends of a text; they are no characters that anybody sees.
 * - `no-break`: 0xA0 of ISO 6937 is a no-break space (EN 300 468 figure A.1); VDR turns it into a space.
 * - `line break`: control code 0x8A (EN 300 468 table A.1); VDR keeps a short text on one line.
 * - `repeated`: the extended event's text begins with the short event's. One text is told once (EN 300 468 §6.2.15: the
 *   extended event descriptor is "used in addition to" the short one); VDR tells both.
 * - `unlisted service`: EIT other tells of a service that VDR's channel list lacks, and that VDR therefore leaves out.
 */
const KINDS = ["ends", "no-break", "line break", "repeated", "unlisted service"] as const;
type Kind = (typeof KINDS)[number];

const CAPTURES: {
  readonly file: string;
  readonly events: number;
  readonly differences: Partial<Record<Kind, number>>;
}[] = [
  {
    file: "dvbs2-fr-tnt5w-smr6-5svc-epg-10s.ts",
    events: 974,
    differences: { repeated: 1, "unlisted service": 2 },
  },
  {
    file: "dvbt2-cz-ct-mux21-radio-latm-epg-27s.ts",
    events: 4958,
    differences: { ends: 1981, "no-break": 74, "line break": 7 },
  },
];

for (const { file, events, differences } of CAPTURES) {
  t.test(`guide: what VDR reads of ${file}, field by field`, { skip: skipWithout(file) }, (t) => {
    const { ours, stretches, collector } = collected(file);
    const theirs = vdrEvents(file);
    t.equal(theirs.length, events, "the reference is whole");
    const unlike: string[] = [];
    const found: Partial<Record<Kind, number>> = {};
    const note = (kind: Kind): void => void (found[kind] = (found[kind] ?? 0) + 1);
    for (const event of theirs) {
      const own = ours.get(event.key);
      if (own === undefined) unlike.push(`${event.key} is missing`);
      else
        for (const kind of compare(own, event))
          if (isKind(kind)) note(kind);
          else unlike.push(`${event.key} ${kind}`);
    }
    const services = new Set(theirs.map(({ key }) => key.split(" ")[0]));
    const listed = new Set(theirs.map(({ key }) => key));
    for (const key of ours.keys())
      if (!listed.has(key)) {
        if (services.has(key.split(" ")[0])) unlike.push(`${key} is only ours`);
        else note("unlisted service");
      }
    t.same(unlike.slice(0, 20), []);
    t.same(found, differences);
    // Neither capture is a whole cycle: what lacks is not taken for seen.
    t.equal(collector.complete([], null), false);
    t.ok(stretches.length > 100);
    t.same(stretches.flatMap((stretch) => gaps(stretch, theirs)).slice(0, 20), []);
    t.end();
  });
}

function isKind(kind: string): kind is Kind {
  return KINDS.some((one) => one === kind);
}

/** One run over the file, sections as they come; of one event present/following says it better than the schedule. */
function collected(file: string): {
  ours: ReadonlyMap<string, GuideEvent>;
  stretches: readonly GuideStretch[];
  collector: EitCollector;
} {
  const collector = new EitCollector();
  const ours = new Map<string, GuideEvent>();
  const stretches: GuideStretch[] = [];
  const isEit = (pid: number): boolean => pid === EIT_PID;
  for (const section of siOfFile(capture(file) ?? "", isEit).sections.get(EIT_PID) ?? []) {
    collector.push(section);
    for (const event of collector.take(Infinity)) {
      const key = `${serviceKeyText(event.service).replaceAll(".", "-")} ${event.eventId}`;
      const before = ours.get(key)?.origin?.table;
      if (before !== "present-following" || event.origin?.table === "present-following") ours.set(key, event);
    }
    stretches.push(...collector.takeStretches());
  }
  return { ours, stretches, collector };
}

/** Kinds of difference, or a field with both values. */
function compare(ours: GuideEvent, theirs: VdrEvent): string[] {
  const shortText = ours.subtitle ?? "";
  const rest = ours.description.slice(shortText.length).replace(/^\n/, "");
  const differences: string[] = [];
  const field = (name: string, own: unknown, other: unknown): void => {
    if (own !== other) differences.push(`${name}: ${JSON.stringify(own)}, not ${JSON.stringify(other)}`);
  };
  const text = (name: string, own: string, other: string): void => {
    // SVDRP has one line for a text: a line break is "|".
    const theirText = other.replaceAll("|", "\n");
    const plain = own.replaceAll("\u00a0", " ");
    const oneLine = name === "short text" ? plain.replaceAll("\n", " ") : plain;
    if (oneLine.trim() !== theirText.trim()) return field(name, own, theirText);
    if (oneLine !== plain) differences.push("line break");
    if (plain !== own) differences.push("no-break");
    if (oneLine !== theirText) differences.push("ends");
  };
  field("start", ours.startsAt, theirs.startsAt);
  field("duration", ours.endsAt - ours.startsAt, theirs.durationMs);
  field("age", ours.minimumAge ?? 0, theirs.minimumAge ?? 0);
  field("genres", (ours.genres ?? []).join(), theirs.genres.filter((genre) => genre >= 0x10).join());
  text("title", ours.title, theirs.title);
  text("short text", shortText, theirs.shortText);
  if (rest === "" && theirs.description !== "" && theirs.description === theirs.shortText)
    differences.push("repeated");
  else text("description", rest, theirs.description);
  return differences;
}

/** A stretch that is known wholly has every event that VDR knows to begin in it. */
function gaps({ service, from, to, eventIds }: GuideStretch, theirs: readonly VdrEvent[]): string[] {
  const key = serviceKeyText(service).replaceAll(".", "-");
  return theirs
    .filter((event) => event.startsAt >= from && event.startsAt < to && event.key.startsWith(`${key} `))
    .filter((event) => !eventIds.includes(Number(event.key.split(" ")[1])))
    .map((event) => `${event.key} is in no list of its stretch`);
}
