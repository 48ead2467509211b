import { readFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
// @ts-expect-error a script
import { BUNDLE_LIMIT, sizesOf } from "../../scripts/lib/packages/sizes.mjs";
import { PROJECT } from "../helpers/captures.ts";

t.test(
  "bundle: what box and command line need is at most 2 MB, without native parts and source maps",
  (t) => {
    const dist = join(PROJECT, "dist");
    const { outputs } = JSON.parse(readFileSync(join(dist, ".metafile.json"), "utf8")) as {
      outputs: unknown;
    };
    const { box, cloud, web, loops } = sizesOf(dist, outputs) as Record<string, number>;
    t.comment(`bytes: ${JSON.stringify({ box, cloud, web, loops })}`);
    t.ok((box ?? Infinity) <= (BUNDLE_LIMIT as number), `${box} of ${BUNDLE_LIMIT}`);
    // The rest of it is there as well: a measure that finds nothing measures nothing.
    for (const part of [box, cloud, web, loops]) t.ok((part ?? 0) > 100_000);
    t.end();
  },
);
