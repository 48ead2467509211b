import t from "tap";
import { STALE_MS, TransportGuard } from "../../src/tuner/transport-guard.ts";

t.test("transport guard: where nothing is known whatever comes is taken", (t) => {
  const guard = new TransportGuard(null, null);
  t.equal(guard.open, true);
  guard.locked(1000);
  t.equal(guard.pat(5, 1000), "accept");
  t.equal(guard.seen, 5);
  t.end();
});

t.test("transport guard: leftovers of the multiplex before are passed over, for a moment", (t) => {
  const guard = new TransportGuard(null, 5);
  t.equal(guard.open, false);
  guard.locked(1000);
  t.equal(guard.pat(5, 1100), "ignore");
  t.equal(guard.open, false);
  t.equal(guard.pat(6, 1200), "accept");
  t.equal(guard.open, true);
  const twin = new TransportGuard(null, 5);
  twin.locked(1000);
  t.equal(twin.pat(5, 1000 + STALE_MS), "accept", "two multiplexes may share an id");
  t.end();
});

t.test("transport guard: another than the known one is wrong once leftovers cannot be why", (t) => {
  const guard = new TransportGuard(6, 5);
  guard.locked(0);
  t.equal(guard.pat(5, 100), "ignore");
  t.equal(guard.pat(7, 200), "ignore");
  t.equal(guard.pat(6, 250), "accept");
  t.equal(guard.pat(7, 5000), "wrong");
  t.equal(guard.open, false, "nothing of it is believed");
  t.equal(guard.seen, 7);
  guard.locked(6000);
  t.equal(guard.pat(7, 6100), "ignore");
  t.equal(guard.pat(6, 6200), "accept");
  t.end();
});
