import t from "tap";
import { ConnectionTable, type Connection } from "../../src/http-server/connection-table.ts";

const LIMITS = { perSender: 6, inAll: 20, reserved: 5, few: 3 };
const LATER = 60_000;

/** So many more of a sender, one after another. */
function fill(table: ConnectionTable, sender: string, count: number, now = 0): Connection[] {
  return Array.from({ length: count }, () => {
    if (table.room(sender, now) !== "yes") throw new Error(`no room for ${sender}`);
    return table.add(sender, now);
  });
}
const work = (table: ConnectionTable, one: Connection, now = 0): void => {
  table.began(one, now);
  one.proven = true;
};

t.test("connections: T24 a sender has so many, and its idle ones make room for its own next", (t) => {
  const table = new ConnectionTable(LIMITS);
  const own = fill(table, "a", 6);
  t.equal(table.room("a", 999), "no", "who just came is not pushed out");
  t.equal(table.room("b", 999), "yes");
  t.equal(table.room("a", LATER), own[0], "the one that was silent for longest");
  for (const one of own) work(table, one);
  t.equal(table.room("a", LATER), "no", "those at work stay");
  table.ended(own[3] as Connection, LATER);
  t.equal(table.room("a", LATER + 2000), own[3], "idle ones go");
  table.remove(own[0] as Connection);
  table.remove(own[0] as Connection);
  t.same([table.countOf("a"), table.room("a", LATER)], [5, "yes"]);
  t.end();
});

t.test(
  "connections: T23 the silent go before the idle, those before who asks, and who is at work stays",
  (t) => {
    const table = new ConnectionTable(LIMITS);
    const [asking, idle, silent, idleProven, atWork, second] = fill(table, "a", 6) as [
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
      const first = table.room("a", LATER);
      order.push(first);
      if (typeof first === "string") break;
      table.remove(first);
      work(table, table.add("a", LATER));
    }
    t.same(order, [silent, idle, asking, idleProven]);
    t.equal(table.room("a", LATER * 2), "no", "one of two answers is still under way");
    t.end();
  },
);

t.test("connections: T24 no sender takes all, and who holds few gets in", (t) => {
  const table = new ConnectionTable(LIMITS);
  fill(table, "a", 6);
  fill(table, "b", 6);
  fill(table, "c", 3);
  t.equal(table.size, 15);
  t.equal(table.room("c", 500), "no", "the rest is kept for those with few");
  t.equal(table.room("d", 500), "yes");
  fill(table, "d", 3, 500);
  fill(table, "e", 2, 500);
  t.equal(table.size, 20);
  t.equal(table.room("f", 700), "no", "all is taken, and everybody has just come");
  const gives = table.room("f", LATER);
  t.match(gives, { sender: "a" }, "whoever has most gives one");
  t.equal(table.senders, 5);
  t.end();
});

t.test("connections: nobody who has as many as the others takes theirs", (t) => {
  const table = new ConnectionTable({ ...LIMITS, inAll: 4, reserved: 0 });
  const a = fill(table, "a", 2);
  fill(table, "b", 2);
  t.equal(table.room("a", LATER), a[0], "it gives its own");
  for (const one of a) work(table, one);
  t.equal(table.room("a", LATER), "no");
  t.match(table.room("c", LATER), { sender: "b" });
  t.end();
});
