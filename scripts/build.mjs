// Builds dist/: the daemons and command lines of box and cloud (one bundle, only native packages external) and the web app.
// `--tests` builds the test files into build/test instead; `--if-needed` does nothing when no source is newer.
import { build } from "esbuild";
import { createHash } from "node:crypto";
import {
  existsSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
  mkdirSync,
  cpSync,
  chmodSync,
} from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
process.chdir(root);
const flags = new Set(process.argv.slice(2));
/** Where built tests go; two runs side by side want two folders. */
const buildFolder = process.env.TELLYPORT_BUILD ?? "build";
const only = process.argv.includes("--only") ? process.argv[process.argv.indexOf("--only") + 1] : null;

/** Every file below a folder, sorted. */
export function filesBelow(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(root, join(entry.parentPath ?? entry.path, entry.name)))
    .sort();
}

const SERVER_TARGET = "node20.19";

/** Files that threads begin with; they lie beside or above the code that starts them. */
const THREADS = { "dvb-thread": "src/tuner/drivers/linux-dvb/dvb-thread.ts" };

/**
 * Packages with native parts stay in node_modules, and what is loaded only when the configuration asks for it.
 *
 * All others are bundled: the daemon's hundreds of module files become a few, which takes 16 MB of resident memory and
 * 1.5 s of CPU off its start (143 to 127 MB, 2.9 to 1.4 s; typebox alone had 12 MB of module records and wrappers).
 */
const EXTERNAL = ["libsql", "koffi", "node-ssdp"];

/** CommonJS packages within a module still ask for Node's own modules with `require`. */
const REQUIRE = `import { createRequire as __createRequire } from "node:module";
const require = __createRequire(import.meta.url);`;

async function buildServer() {
  await build({
    entryPoints: { cli: "src/cli/main.ts", cloud: "src/cli/cloud/main.ts", ...THREADS },
    outdir: "dist",
    bundle: true,
    splitting: true,
    chunkNames: "chunks/[name]-[hash]",
    format: "esm",
    platform: "node",
    target: SERVER_TARGET,
    external: EXTERNAL,
    banner: { js: REQUIRE },
    // V8 keeps the source in memory: 4.1 MB as written, 2.7 MB without blanks. Names stay, for stack traces.
    minifyWhitespace: true,
    minifySyntax: true,
    // A crash prints the line that it happened in.
    lineLimit: 160,
    sourcemap: true,
    logLevel: "warning",
  });
  for (const file of filesBelow("dist")) if (file.endsWith(".js")) keepOneByte(file);
  for (const program of ["dist/cli.js", "dist/cloud.js"]) chmodSync(program, 0o755);
  cpSync("src/tuner/drivers/mock/loops", "dist/loops", { recursive: true });
}

/**
 * V8 keeps a source with any character beyond Latin-1 in two bytes for each: 1.6 MB more for the largest chunk. esbuild has
 * escaped them in strings; what is left stands in regular expressions and comments, where an escape means the same.
 */
function keepOneByte(file) {
  const text = readFileSync(file, "utf8");
  const escaped = text.replace(
    /[^\0-\xff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
  if (escaped !== text) writeFileSync(file, escaped);
}

async function buildTests() {
  rmSync(join(buildFolder, "test"), { recursive: true, force: true });
  const entries = filesBelow("test").filter(
    (file) =>
      /\.(test|bench|child)\.ts$/.test(file) &&
      (only === null || file.includes(only) || !file.endsWith(".test.ts")),
  );
  await build({
    entryPoints: {
      ...Object.fromEntries(entries.map((file) => [relative("test", file).replace(/\.ts$/, ""), file])),
      ...THREADS,
    },
    outdir: join(buildFolder, "test"),
    outbase: "test",
    bundle: true,
    splitting: true,
    chunkNames: "chunks/[name]-[hash]",
    format: "esm",
    platform: "node",
    target: SERVER_TARGET,
    packages: "external",
    sourcemap: "linked",
    logLevel: "warning",
  });
}

function fingerprint() {
  const hash = createHash("sha256");
  for (const file of [
    ...filesBelow("src"),
    ...filesBelow("web"),
    "package-lock.json",
    "scripts/build.mjs",
    "scripts/build-web.mjs",
  ]) {
    if (!existsSync(file)) continue;
    const { size, mtimeMs } = statSync(file);
    hash.update(`${file} ${size} ${mtimeMs}\n`);
  }
  return hash.digest("hex");
}

const stamp = "dist/.stamp";
if (flags.has("--tests")) {
  await buildTests();
} else {
  const now = fingerprint();
  const fresh = flags.has("--if-needed") && existsSync(stamp) && readFileSync(stamp, "utf8") === now;
  if (!fresh) {
    rmSync("dist", { recursive: true, force: true });
    mkdirSync("dist", { recursive: true });
    await buildServer();
    const { buildWeb } = await import("./build-web.mjs");
    await buildWeb("dist/web");
    writeFileSync(stamp, now);
  }
}
