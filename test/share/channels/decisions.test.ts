import t from "tap";
import { openDatabase } from "../../../src/kernel/store/database.ts";
import type { Channel } from "../../../src/protocol/api.ts";
import { house, service } from "../fakes.ts";

const OWNER = { "x-client": "anna:owner" };
const NOTHING = { number: null, name: null, hidden: null, favourite: false };

async function shared(t: { teardown(fn: () => unknown): unknown }, database = openDatabase(":memory:")) {
  const services = [1, 2, 3].map((id) => service(id, { lcn: id }));
  const h = await house(t, services, {}, database);
  const list = async (query = "?hidden=true"): Promise<Channel[]> =>
    (await h.app.inject({ url: `/api/v1/channels${query}`, headers: OWNER })).json().channels;
  const decide = (decisions: object[], headers: Record<string, string> = OWNER) =>
    h.app.inject({ method: "PUT", url: "/api/v1/channels/decisions", headers, payload: { decisions } });
  const shown = async (): Promise<[number, string][]> =>
    (await list("")).map(({ number, name }) => [number, name]);
  return { ...h, list, decide, shown };
}

t.test("channel decisions: two exchange their numbers at once, and back to nothing", async (t) => {
  const { list, decide, shown } = await shared(t);
  const [one, two] = (await list()).map(({ id }) => id);
  const answer = await decide([
    { ...NOTHING, channel: one, number: 2 },
    { ...NOTHING, channel: two, number: 1 },
  ]);
  t.equal(answer.statusCode, 200, answer.body);
  t.match(answer.json().channels, [
    { number: 1, name: "Channel 2", decided: { number: 1, name: null, hidden: null } },
    { number: 2, name: "Channel 1" },
  ]);
  t.same(await shown(), [
    [1, "Channel 2"],
    [2, "Channel 1"],
    [3, "Channel 3"],
  ]);
  await decide([one, two].map((channel) => ({ ...NOTHING, channel })));
  t.same(
    (await list()).map(({ number, decided }) => [number, decided?.number]),
    [
      [1, null],
      [2, null],
      [3, null],
    ],
  );
});

t.test("channel decisions: all of it holds, or nothing", async (t) => {
  const { list, decide, shown } = await shared(t);
  const [one, two, three] = (await list()).map(({ id }) => id);
  const before = await shown();
  const taken = await decide([
    { ...NOTHING, channel: one, number: 3 },
    { ...NOTHING, channel: two, hidden: true },
  ]);
  t.match(taken.json(), { code: "channel-number-taken", detail: { name: "Channel 3" } });
  const twice = await decide([
    { ...NOTHING, channel: one, number: 7 },
    { ...NOTHING, channel: three, number: 7 },
  ]);
  t.equal(twice.json().code, "channel-number-taken");
  const gone = await decide([
    { ...NOTHING, channel: one, name: "Mine" },
    { ...NOTHING, channel: "gone", name: "Yours" },
  ]);
  t.equal(gone.json().code, "channel-not-found");
  t.same(await shown(), before);
});

t.test("channel decisions: name, hiding and mark; null is no zero, no text and no yes", async (t) => {
  const { list, decide } = await shared(t);
  const [one] = (await list()).map(({ id }) => id);
  await decide([{ channel: one, number: null, name: "Mine", hidden: true, favourite: true }]);
  t.match((await list())[0], { number: 1, name: "Mine", hidden: true, favourite: true });
  t.equal((await list(""))[0]?.name, "Channel 2", "who watches does not see it");
  t.equal((await list(""))[0]?.decided, undefined);
  for (const bad of [
    [],
    [{ ...NOTHING }],
    [{ ...NOTHING, channel: one, number: 0 }],
    [{ ...NOTHING, channel: one, number: 10_000 }],
    [{ ...NOTHING, channel: one, name: "x".repeat(65) }],
    [{ channel: one, number: 4 }],
  ])
    t.equal((await decide(bad)).statusCode, 400, JSON.stringify(bad));
});
