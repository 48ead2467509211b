// Builds dist/: the daemons and command lines of box and cloud (one bundle, only native packages external) and the web app.
// `--tests` builds the test files into build/test instead; `--if-needed` does nothing when no source is newer.
import { build } from "esbuild";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync, mkdirSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { SERVER_TARGET, THREADS, buildServer } from "./lib/server-bundle.mjs";

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
    "scripts/lib/server-bundle.mjs",
    "scripts/lib/left-out.mjs",
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
    const metafile = await buildServer("dist");
    writeFileSync("dist/.metafile.json", JSON.stringify(metafile));
    const { buildWeb } = await import("./build-web.mjs");
    await buildWeb("dist/web");
    writeFileSync(stamp, now);
  }
}
