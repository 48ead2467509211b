// The server's part of a build: box and cloud as a few files, with only native packages outside.
import { build } from "esbuild";
import { cpSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { leftOut } from "./left-out.mjs";

export const SERVER_TARGET = "node20.19";

/** Files that threads begin with; they lie beside or above the code that starts them. */
export const THREADS = { "dvb-thread": "src/tuner/drivers/linux-dvb/dvb-thread.ts" };

/**
 * Packages with native parts stay in node_modules, and what is loaded only when the configuration asks for it.
 *
 * All others are bundled: the daemon's hundreds of module files become a few, which takes 16 MB of resident memory and
 * 1.5 s of CPU off its start (143 to 127 MB, 2.9 to 1.4 s; typebox alone had 12 MB of module records and wrappers).
 */
export const EXTERNAL = ["libsql", "koffi", "node-ssdp"];

/** CommonJS packages within a module still ask for Node's own modules with `require`. */
const REQUIRE = `import { createRequire as __createRequire } from "node:module";
const require = __createRequire(import.meta.url);`;

/** As names of files are in the metafile, wherever they are written. */
const NAMED = "dist";
const PROGRAMS = ["cli.js", "cloud.js"];

/**
 * Writes programs, threads and their chunks, with source maps beside them, and the mock's loops. The bytes depend on the
 * source alone, not on the folder.
 * @param {string} folder
 * @returns esbuild's metafile, whose outputs are named `dist/...`
 */
export async function buildServer(folder) {
  const { metafile, outputFiles } = await build({
    entryPoints: { cli: "src/cli/main.ts", cloud: "src/cli/cloud/main.ts", ...THREADS },
    outdir: NAMED,
    write: false,
    bundle: true,
    splitting: true,
    chunkNames: "chunks/[name]-[hash]",
    format: "esm",
    platform: "node",
    target: SERVER_TARGET,
    external: EXTERNAL,
    plugins: [leftOut],
    // A linked node_modules gives the same names.
    preserveSymlinks: true,
    banner: { js: REQUIRE },
    // V8 keeps the source in memory: 4.1 MB as written, 2.1 MB like this. Names of methods and errors stay; those of functions
    // would be 120 kB more (keepNames), and `scripts/read-trace.mjs` finds them, with file and line, in the source maps.
    minify: true,
    // A crash prints the line that it happened in.
    lineLimit: 400,
    // Licences are in NOTICE.
    legalComments: "none",
    sourcemap: true,
    metafile: true,
    logLevel: "warning",
  });
  for (const { path, contents, text } of outputFiles) {
    const name = relative(resolve(NAMED), path);
    const file = join(folder, name);
    mkdirSync(dirname(file), { recursive: true });
    const mode = PROGRAMS.includes(name) ? 0o755 : 0o644;
    writeFileSync(file, name.endsWith(".js") ? oneByte(text) : contents, { mode });
  }
  cpSync("src/tuner/drivers/mock/loops", join(folder, "loops"), { recursive: true });
  return metafile;
}

/**
 * V8 keeps a source with any character beyond Latin-1 in two bytes for each: 1.6 MB more for the largest chunk. esbuild has
 * escaped them in strings; what is left stands in regular expressions and comments, where an escape means the same.
 */
function oneByte(text) {
  return text.replace(/[^\0-\xff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
