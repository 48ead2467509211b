import t from "tap";
import { skipWithoutProgram } from "../../helpers/programs.ts";
import { cutEverywhere } from "./power-cut.ts";

const skip = skipWithoutProgram("tar", "xz");

// Of an install: test/long/releases.test.ts.
t.test(
  "release: a power cut before any change of a rollback leaves the old release or the new one",
  { skip },
  (t) => cutEverywhere(t, { args: () => ["rollback"], from: "0.1.3", to: "0.1.2" }),
);
