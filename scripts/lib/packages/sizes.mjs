// How large a build is, part by part.
import { statSync } from "node:fs";
import { join } from "node:path";
import { filesIn } from "./folder.mjs";

/** What the box's daemon and command line may take, uncompressed, without native parts and source maps. */
export const BUNDLE_LIMIT = 2_000_000;
const BOX = ["dist/cli.js", "dist/dvb-thread.js"];

/** Names of files that the programs load, at once or later. @param outputs of esbuild's metafile */
export function reached(outputs, programs = BOX) {
  const seen = new Set();
  const next = [...programs];
  for (let name = next.pop(); name !== undefined; name = next.pop()) {
    if (seen.has(name)) continue;
    seen.add(name);
    for (const { path, external } of outputs[name].imports) if (external !== true) next.push(path);
  }
  return seen;
}

/**
 * @param dist the build
 * @param outputs of esbuild's metafile
 * @returns bytes of the box's daemon and command line, of what the cloud has beyond that, of web app and mock loops
 */
export function sizesOf(dist, outputs) {
  const box = reached(outputs);
  const cloud = [...reached(outputs, ["dist/cloud.js"])].filter((name) => !box.has(name));
  const sum = (names) => names.reduce((total, name) => total + statSync(join(dist, name)).size, 0);
  const within = (folder) => sum(filesIn(join(dist, folder)).map((name) => join(folder, name)));
  const below = (name) => name.slice("dist/".length);
  return {
    box: sum([...box].map(below)),
    cloud: sum(cloud.map(below)),
    web: within("web"),
    loops: within("loops"),
  };
}

export function printSizes(dist, outputs) {
  const { box, cloud, web, loops } = sizesOf(dist, outputs);
  const text = (bytes) => `${(bytes / 1e6).toFixed(2)} MB`;
  console.log(
    `box ${text(box)} of ${text(BUNDLE_LIMIT)} · cloud ${text(cloud)} · web app ${text(web)} · mock loops ${text(loops)}`,
  );
}
