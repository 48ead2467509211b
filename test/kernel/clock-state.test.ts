import t from "tap";
import { clockState } from "../../src/kernel/clock-state.ts";
import { RELEASED_AT } from "../../src/version.ts";
import { FakeClock } from "../helpers/fake-clock.ts";

t.test("clock: before the release it cannot be now", (t) => {
  const clock = new FakeClock(0);
  t.equal(clockState(clock, RELEASED_AT), "unsynchronised");
  clock.setWall(RELEASED_AT + 1);
  t.equal(clockState(clock, RELEASED_AT), "synchronised");
  t.end();
});
