import t from "tap";
import { cutEverywhere } from "../cli/release/power-cut.ts";

t.test("release: a power cut before any change of an install leaves the old release or the new one", (t) =>
  cutEverywhere(t, {
    // A fourth: one is removed for it.
    args: ({ fourth, key }) => ["install", fourth, "--key", key],
    from: "0.1.3",
    to: "0.1.4",
  }),
);

t.test("release: nor does one of a change to another", (t) =>
  cutEverywhere(t, { args: () => ["use", "0.1.1"], from: "0.1.3", to: "0.1.1" }),
);

t.test("release: nor does one of a change to the release that came with the box", (t) =>
  cutEverywhere(t, { args: () => ["use", "base"], from: "0.1.3", to: "base" }),
);

t.test("release: nor does one of a change to the one before", (t) =>
  cutEverywhere(t, { args: () => ["use", "0.1.2"], from: "0.1.3", to: "0.1.2" }),
);
