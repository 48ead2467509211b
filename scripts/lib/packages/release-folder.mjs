// The release as it lies on a box: /usr/lib/tellyport, and each folder below releases/.
import { build } from "esbuild";
import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { SERVER_TARGET } from "../server-bundle.mjs";
import { ARCHITECTURES, BINDINGS, NEEDED, locked } from "./architectures.mjs";
import { fetched, unpack } from "./fetched.mjs";
import { keepOnly } from "./folder.mjs";

/** What may be run. */
export const PROGRAMS =
  /(^|[/])(launch|install\.sh|rollback|rollback\.sh|post-install|mark-good|bin[/]node)$/;

/** Packages outside of the bundle, as `[name, lock entry]`, for one architecture. */
export function outside(architecture) {
  return [...BINDINGS, ...ARCHITECTURES[architecture].natives].map((name) => [name, locked(name)]);
}

/**
 * @param folder is made
 * @param dist what `buildServer` and `buildWeb` made
 * @returns esbuild's metafile of what was bundled beyond `dist`
 */
export async function makeRelease(folder, dist, { version, architecture }) {
  mkdirSync(folder, { recursive: true });
  cpSync(dist, folder, { recursive: true, filter: (path) => !path.endsWith(".map") });
  // No commands by themselves: the launcher finds their Node.
  for (const name of ["cli.js", "cloud.js"]) {
    const file = join(folder, name);
    writeFileSync(file, readFileSync(file, "utf8").replace(/^#!.*/, "// started by ./launch"));
  }
  cpSync("packaging/launch", join(folder, "launch"));
  writeFileSync(join(folder, "VERSION"), `${version}\n`);
  // Node reads of it that the files are modules.
  writeFileSync(
    join(folder, "package.json"),
    `${JSON.stringify({ name: "tellyport", version, type: "module" })}\n`,
  );
  for (const [name, { version: exact, integrity }] of outside(architecture)) {
    const place = join(folder, "node_modules", name);
    unpack(fetched(name, exact, integrity), place);
    keepOnly(place, NEEDED);
  }
  return bundleNodeSsdp(join(folder, "node_modules/node-ssdp"));
}

/** Few configurations ask for node-ssdp, which brings 6 MB of packages along and uses 200 kB of them. */
async function bundleNodeSsdp(folder) {
  const { metafile, outputFiles } = await build({
    entryPoints: ["node-ssdp"],
    outfile: "dist/node-ssdp.js",
    write: false,
    bundle: true,
    minify: true,
    format: "cjs",
    platform: "node",
    target: SERVER_TARGET,
    preserveSymlinks: true,
    // debug colours its lines where this is installed
    external: ["supports-color"],
    legalComments: "none",
    metafile: true,
    logLevel: "warning",
  });
  mkdirSync(folder, { recursive: true });
  const { version } = locked("node-ssdp");
  writeFileSync(join(folder, "index.js"), outputFiles[0].contents);
  writeFileSync(
    join(folder, "package.json"),
    `${JSON.stringify({ name: "node-ssdp", version, main: "index.js" })}\n`,
  );
  return metafile;
}
