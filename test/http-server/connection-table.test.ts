import t from "tap";
import {
  ConnectionTable,
  DEFAULT_CONNECTION_LIMITS,
  type Connection,
  type ConnectionSender,
} from "../../src/http-server/connection-table.ts";

const LIMITS = { perSender: 6, perRegion: 20, inAll: 20, reserved: 5 };
const LATER = 60_000;

/** Strangers, each of a region of its own. */
const [A, B, C, D] = ["a", "b", "c", "d"].map((key) => ({ key, region: `region of ${key}` })) as [
  ConnectionSender,
  ConnectionSender,
  ConnectionSender,
  ConnectionSender,
];

/** So many more of a sender, one after another. */
function fill(table: ConnectionTable, sender: ConnectionSender, count: number, now = 0): Connection[] {
  return Array.from({ length: count }, () => {
    if (table.room(sender, now) !== "yes") throw new Error(`no room for ${sender.key}`);
    return table.add(sender, now);
  });
}
const work = (table: ConnectionTable, one: Connection, now = 0): void => {
  table.began(one, now);
  table.prove(one, now);
};

t.test("connections: T24 a sender has so many, and its idle ones make room for its own next", (t) => {
  const table = new ConnectionTable(LIMITS);
  const own = fill(table, A, 6);
  t.equal(table.room(A, 999), "no", "who just came is not pushed out");
  t.equal(table.room(B, 999), "yes");
  t.equal(table.room(A, LATER), own[0], "the one that was silent for longest");
  for (const one of own) work(table, one);
  t.equal(table.room(A, LATER), "no", "those at work stay");
  table.ended(own[3] as Connection, LATER);
  t.equal(table.room(A, LATER + 2000), own[3], "idle ones go");
  table.remove(own[0] as Connection);
  table.remove(own[0] as Connection);
  t.same([table.countOf(A), table.room(A, LATER)], [5, "yes"]);
  t.end();
});

t.test(
  "connections: T23 the silent go before the idle, those before who asks, and who is at work stays",
  (t) => {
    const table = new ConnectionTable(LIMITS);
    const [asking, idle, silent, idleProven, atWork, second] = fill(table, A, 6) as [
      Connection,
      Connection,
      Connection,
      Connection,
      Connection,
      Connection,
    ];
    table.began(asking, 0);
    table.began(idle, 0);
    table.ended(idle, 0);
    work(table, idleProven);
    table.ended(idleProven, 0);
    work(table, atWork);
    work(table, second);
    table.began(second, 0);
    table.ended(second, 0);
    const order: unknown[] = [];
    for (let i = 0; i < 4; i++) {
      const first = table.room(A, LATER);
      order.push(first);
      if (typeof first === "string") break;
      table.remove(first);
      work(table, table.add(A, LATER));
    }
    t.same(order, [silent, idle, asking, idleProven]);
    t.equal(table.room(A, LATER * 2), "no", "one of two answers is still under way");
    t.end();
  },
);

t.test("connections: T24 no stranger takes all, and who holds few gets in", (t) => {
  const table = new ConnectionTable(LIMITS);
  fill(table, A, 6);
  fill(table, B, 6);
  fill(table, C, 3);
  t.equal(table.room(D, 700), "no", "the rest is kept, and everybody has just come");
  t.match(table.room(D, LATER), { sender: { key: "a" } }, "whoever has most gives one");
  t.match(table.room(C, LATER), { sender: { key: "a" } });
  const home = { key: "10.0.0.7", region: null };
  t.match(table.room(home, LATER), { sender: { key: "a" } }, "the home network's first one, too");
  t.equal(table.senders, 3);
  t.end();
});

t.test("connections: nobody who has as many as the others takes theirs", (t) => {
  const table = new ConnectionTable({ ...LIMITS, inAll: 4, reserved: 0 });
  const a = fill(table, A, 2);
  fill(table, B, 2);
  t.equal(table.room(A, LATER), a[0], "it gives its own");
  for (const one of a) table.began(one, 0);
  t.equal(table.room(A, 4000), "no");
  t.match(table.room(C, LATER), { sender: { key: "b" } });
  t.end();
});

t.test("connections: T24 a thousand networks of one stranger do not keep a paired phone out", (t) => {
  const table = new ConnectionTable();
  const { inAll, perRegion, reserved } = DEFAULT_CONNECTION_LIMITS;
  const phone = { key: "phone", region: "of its carrier" };
  const seat = (sender: ConnectionSender, now: number): Connection | null => {
    const room = table.room(sender, now);
    if (room === "no") return null;
    if (room !== "yes") table.remove(room);
    return table.add(sender, now);
  };
  const own = Array.from({ length: 10 }, () => seat(phone, 0) as Connection);
  for (const one of own) work(table, one);
  for (const one of own.slice(3)) table.ended(one, 0);
  // A routed /48, and 64 more of them: each /64 opens one connection, and a new one as soon as it may.
  let now = 0;
  for (let n = 0; n < 20_000; n++) {
    now += 1;
    seat({ key: `net ${n}`, region: `region ${n < 5000 ? 0 : n % 64}` }, now);
    if (n === 4999) t.equal(table.size, perRegion + own.length, "of one region so many");
  }
  t.equal(table.size, inAll - reserved);
  t.equal(table.countOf(phone), own.length, "what it holds stays, idle too");
  for (let n = own.length; n < 40; n++) t.ok(seat(phone, now), `its ${n}th comes in`);
  for (const sender of [phone, { key: "10.0.0.9", region: null }])
    t.ok(seat(sender, now + 2000), "and so does who is at home");
  for (const one of own) table.remove(one);
  t.ok(seat(phone, now + 3000));
  t.end();
});

t.test("connections: T24 who has proven who he is stands above strangers for a day", (t) => {
  const table = new ConnectionTable({ ...LIMITS, inAll: 6, reserved: 2 });
  const [one] = fill(table, A, 1) as [Connection];
  work(table, one);
  table.remove(one);
  fill(table, B, 4);
  t.equal(table.room(C, 0), "no");
  t.equal(table.room(A, 0), "yes", "what is reserved is for it");
  const day = 24 * 3_600_000;
  t.equal(table.room(A, day - 1), "yes");
  t.match(table.room(A, day), { sender: { key: "b" } }, "as any stranger, then");
  t.end();
});
