import fc from "fast-check";
import t from "tap";
import {
  collide,
  isActual,
  isImported,
  isPresentFollowing,
  ranked,
  type RankedEvent,
} from "../../../src/share/guide/event-ranks.ts";
import { planChanges, type Changes } from "../../../src/share/guide/plan-changes.ts";
import { cut, placeOf } from "../../../src/share/guide/stored-event.ts";
import type { GuideOrigin, GuideStretch } from "../../../src/tuner/ports.ts";
import { service } from "../fakes.ts";

const MINUTE = 60_000;
const noon = Date.UTC(2026, 10, 20, 12);
const key = service(1).key;
const ORIGINS: readonly GuideOrigin[] = [
  { table: "present-following", actual: true },
  { table: "schedule", actual: true },
  { table: "present-following", actual: false },
  { table: "schedule", actual: false },
  { table: "imported", actual: false },
];

const events = fc
  .record({
    eventId: fc.integer({ min: 1, max: 7 }),
    from: fc.integer({ min: -6, max: 40 }),
    minutes: fc.integer({ min: 1, max: 12 }),
    origin: fc.constantFrom(...ORIGINS),
    title: fc.constantFrom("", "News", "Film"),
    description: fc.constantFrom("", "All", "All of it", "Other"),
    genres: fc.option(fc.constant([0x20]), { nil: undefined }),
  })
  .map(({ eventId, from, minutes, origin, title, description, genres }) =>
    ranked({
      service: key,
      // Imported ones have numbers of their own.
      eventId: origin.table === "imported" ? 0x10000 + eventId : eventId,
      startsAt: noon + from * MINUTE,
      endsAt: noon + (from + minutes) * MINUTE,
      title,
      description,
      language: "eng",
      origin,
      ...(genres !== undefined && { genres }),
    }),
  );
/** What one round brings: of each id one event. */
const batch = fc.uniqueArray(events, { selector: ({ eventId }) => eventId, maxLength: 7 });
const stretches = fc.array(
  fc
    .record({
      from: fc.integer({ min: -10, max: 40 }),
      minutes: fc.integer({ min: 1, max: 30 }),
      eventIds: fc.array(fc.integer({ min: 1, max: 7 }), { maxLength: 3 }),
      actual: fc.boolean(),
    })
    .map(({ from, minutes, eventIds, actual }): GuideStretch => ({
      service: key,
      from: noon + from * MINUTE,
      to: noon + (from + minutes) * MINUTE,
      eventIds,
      actual,
    })),
  { maxLength: 2 },
);

type State = ReadonlyMap<number, RankedEvent>;

function plan(state: State, added: readonly RankedEvent[], known: readonly GuideStretch[] = []): Changes {
  const read = ({ eventId }: { eventId: number }): RankedEvent => state.get(eventId)!;
  return planChanges([...state.values()].map(placeOf), added, known, read, noon);
}

function apply(state: State, { removed, written }: Changes): State {
  const after = new Map(state);
  for (const eventId of removed) after.delete(eventId);
  for (const event of written) after.set(event.eventId, event);
  return after;
}

const round = (state: State, added: readonly RankedEvent[], known: readonly GuideStretch[] = []): State =>
  apply(state, plan(state, added, known));
const rounds = (all: readonly (readonly RankedEvent[])[]): State =>
  all.reduce<State>((state, added) => round(state, added), new Map());

t.test("plan: it speaks of what is stored and of what came, each once", (t) => {
  fc.assert(
    fc.property(fc.array(batch, { maxLength: 3 }), batch, stretches, (before, added, known) => {
      const state = rounds(before);
      const { removed, written } = plan(state, added, known);
      const ids = [...removed, ...written.map(({ eventId }) => eventId)];
      const came = new Set(added.map(({ eventId }) => eventId));
      return (
        new Set(ids).size === ids.length &&
        removed.every((eventId) => state.has(eventId)) &&
        written.every(
          (event) => came.has(event.eventId) && placeOf(cut(event)).digest === placeOf(event).digest,
        )
      );
    }),
    { numRuns: 300 },
  );
  t.end();
});

const isSettled = (state: State, added: readonly RankedEvent[], known: readonly GuideStretch[]): boolean => {
  const { removed, written } = plan(state, added, known);
  return removed.length + written.length === 0;
};

t.test("plan: what one table says again changes nothing", (t) => {
  const ofOneTable = fc
    .tuple(batch, fc.constantFrom(...ORIGINS))
    .map(([list, origin]) => list.map((one) => ranked({ ...one, origin })));
  fc.assert(
    fc.property(fc.array(batch, { maxLength: 3 }), ofOneTable, stretches, (before, added, known) =>
      isSettled(round(rounds(before), added, known), added, known),
    ),
    { numRuns: 500 },
  );
  t.end();
});

t.test("plan: whatever several tables say of one time, they settle and do not take turns", (t) => {
  fc.assert(
    fc.property(fc.array(batch, { maxLength: 3 }), batch, stretches, (before, added, known) => {
      let state = rounds(before);
      for (let again = 0; again < 8; again++) state = round(state, added, known);
      return isSettled(state, added, known);
    }),
    { numRuns: 500 },
  );
  t.end();
});

t.test(
  "plan: nothing goes but for a stretch that has it not, or for one that is believed in its place",
  (t) => {
    fc.assert(
      fc.property(fc.array(batch, { maxLength: 3 }), batch, stretches, (before, added, known) => {
        const state = rounds(before);
        const after = round(state, added, known);
        return [...state.values()].every((one) => {
          if (after.has(one.eventId)) return true;
          const came = added.some(({ eventId }) => eventId === one.eventId);
          const withdrawn = known.some(
            (stretch) =>
              one.startsAt >= stretch.from &&
              one.startsAt < stretch.to &&
              !stretch.eventIds.includes(one.eventId) &&
              (stretch.actual || !isActual(one)),
          );
          // What runs stays, and what present/following or a file says is not the schedule's to withdraw.
          if (!came && withdrawn && one.startsAt > noon && !isPresentFollowing(one) && !isImported(one))
            return true;
          // One that came has moved, and lost its new place, or the one it had.
          const moved = added.find(({ eventId }) => eventId === one.eventId);
          if (moved !== undefined)
            return [...state.values(), ...added].some(
              (other) =>
                other.eventId !== one.eventId &&
                (collide(cut(other), cut(moved)) || collide(cut(other), one)),
            );
          return added.some(
            (other) =>
              collide(cut(other), one) &&
              other.timesRank >= one.timesRank &&
              (isActual(other) || !isActual(one)),
          );
        });
      }),
      { numRuns: 500 },
    );
    t.end();
  },
);

t.test("plan: what others say takes nothing away that the service's own said", (t) => {
  const others = batch.map((list) => list.filter((one) => !isActual(one)));
  fc.assert(
    fc.property(fc.array(batch, { maxLength: 3 }), others, stretches, (before, added, known) => {
      const state = rounds(before);
      const after = round(
        state,
        added,
        known.map((stretch) => ({ ...stretch, actual: false })),
      );
      return [...state.values()]
        .filter((one) => one.textsRank >= 3)
        .every((one) => {
          const now = after.get(one.eventId);
          return (
            now !== undefined &&
            (one.title === "" || now.title === one.title) &&
            now.description.startsWith(one.description)
          );
        });
    }),
    { numRuns: 500 },
  );
  t.end();
});

t.test("plan: a long description outlives a short one that comes again and again", (t) => {
  const [present, schedule, , other] = ORIGINS.map(
    (origin) =>
      (description: string): RankedEvent =>
        ranked({
          service: key,
          eventId: 1,
          startsAt: noon,
          endsAt: noon + 30 * MINUTE,
          title: "News",
          description,
          language: "eng",
          origin,
        }),
  );
  const cases = [
    [schedule!("All of it"), present!("All")],
    [schedule!("All of it"), present!("")],
    [other!("All of it"), schedule!("")],
  ];
  for (const [long, short] of cases) {
    let state: State = new Map();
    for (const one of [long!, short!, short!, long!, short!]) {
      state = round(state, [one]);
      t.equal(state.get(1)?.description, "All of it");
    }
  }
  const renamed = rounds([[schedule!("All of it")], [{ ...schedule!(""), title: "Film" }]]);
  t.match(renamed.get(1), { title: "Film", description: "" }, "another programme has not the old one's");
  t.end();
});
