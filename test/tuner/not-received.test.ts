import t from "tap";
import { fakeTuners, multiplex } from "./feeding.ts";

t.test("not received: entries of a list are named while nothing comes of them, and not before", async (t) => {
  let dead = true;
  const { tuners, run, multiplexes, changed } = fakeTuners({
    drivers: 2,
    multiplexes: 0,
    behaviour: ({ id }) => (dead && id === "mux-2" ? "no-lock" : "lock"),
    options: { retryMs: 10_000 },
  });
  for (const index of [1, 2])
    multiplexes.push({ ...multiplex(index), listed: { name: `Channel ${index}`, number: null } });
  multiplexes.push(multiplex(3));
  changed();
  tuners.start?.(new AbortController().signal);
  changed();
  t.same(tuners.notReceived?.(), [], "none was tried yet");
  await run(8000);
  t.same(tuners.notReceived?.(), [{ place: "Channel 2", code: "no-lock" }]);
  dead = false;
  await run(20_000);
  t.same(tuners.notReceived?.(), []);
  await tuners.stop?.();
});
