import t from "tap";
import { Turns } from "../../../src/share/stills/turns.ts";

const make = (): Turns => new Turns({ periodMs: 300, retryMs: 60, longestRetryMs: 200 });

t.test("turns: who never had one, then who had theirs longest ago; each once in a period", (t) => {
  const turns = make();
  turns.took("b", 0);
  turns.took("a", 10);
  t.same(turns.due(["a", "b", "c", "d"], 20), ["c", "d"]);
  t.same(turns.due(["a", "b", "c"], 300), ["c", "b"]);
  t.same(turns.due(["a", "b", "c"], 310), ["c", "b", "a"]);
  t.end();
});

t.test("turns: a miss waits, longer each time, and lets others go first", (t) => {
  const turns = make();
  turns.missed("a", 0);
  t.same(turns.due(["a"], 59), []);
  t.same(turns.due(["a", "b"], 60), ["b", "a"]);
  turns.missed("a", 60);
  t.same(turns.due(["a"], 179), []);
  t.same(turns.due(["a"], 180), ["a"]);
  for (let turn = 0; turn < 2000; turn++) turns.missed("a", 1000);
  t.same(turns.due(["a"], 1199), []);
  t.same(turns.due(["a"], 1200), ["a"], "no longer than the longest");
  turns.took("a", 1200);
  turns.missed("a", 1500);
  t.same(turns.due(["a"], 1560), ["a"], "a still in between begins anew");
  t.end();
});

t.test("turns: forgets who is gone", (t) => {
  const turns = make();
  turns.took("a", 0);
  turns.keepOnly(new Set(["b"]));
  t.same(turns.due(["a"], 1), ["a"]);
  t.end();
});
