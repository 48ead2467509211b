import t from "tap";
import { FAULTS } from "../share/live/hls-checker/faults.ts";
import { hunt } from "../share/live/hls-checker/hunt.ts";

t.test(
  "hls-checker: each of its rules finds the fault that was planted for it, and nothing else",
  { timeout: 900_000 },
  (t) => hunt(t, FAULTS),
);
