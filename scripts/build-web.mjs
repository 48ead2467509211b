// Builds the web app: hashed names, and beside each text file its .gz and .br, so that the box never compresses.
import { build } from "esbuild";
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { drawIcon } from "../web/assets/draw-icon.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const TEXT = /\.(js|css|html|svg|webmanifest)$/;

/**
 * @param {string} outFolder emptied first
 * @returns {Promise<void>}
 */
export async function buildWeb(outFolder) {
  rmSync(outFolder, { recursive: true, force: true });
  mkdirSync(join(outFolder, "assets"), { recursive: true });
  const entry = await bundle(outFolder, "web/main.tsx", BROWSERS);
  const tv = await bundle(outFolder, "web/tv/main.tsx", TELEVISIONS);
  const icon = writeHashed(outFolder, "icon", "svg", readFileSync(join(root, "web/assets/icon.svg")));
  const icons = [192, 512].map((size) => ({
    src: writeHashed(outFolder, `icon-${size}`, "png", drawIcon(size)),
    sizes: `${size}x${size}`,
    type: "image/png",
    purpose: "any maskable",
  }));
  writeFileSync(
    join(outFolder, "manifest.webmanifest"),
    manifest([{ src: icon, sizes: "any", type: "image/svg+xml" }, ...icons]),
  );
  writePage(outFolder, "index.html", entry, { ICON: icon, TOUCH_ICON: icons[0].src });
  writePage(outFolder, "tv.html", tv, { ICON: icon });
  compress(outFolder);
}

const BROWSERS = ["chrome105", "firefox115", "safari16"];
/**
 * The television's own page is a bundle of its own, for the browsers of sets: Chromium 69 is Tizen's of 2020, 79 is webOS's of
 * 2021. `web/tv/old-browsers.ts` has what they lack beside syntax; their layout is whole from 79 on.
 */
const TELEVISIONS = ["chrome69"];

function writePage(outFolder, name, { script, style, chunks }, more) {
  const fill = {
    SCRIPT: script,
    PRELOAD: chunks.map((address) => `<link rel="modulepreload" href="${address}" />`).join("\n    "),
    STYLE: style,
    ...more,
  };
  const page = readFileSync(join(root, "web", name), "utf8").replace(/%([A-Z_]+)%/g, (_, hole) => fill[hole]);
  writeFileSync(join(outFolder, name), page);
}

async function bundle(outFolder, entry, target) {
  const { metafile } = await build({
    entryPoints: { [entry.split("/").length > 2 ? "tv" : "main"]: join(root, entry) },
    absWorkingDir: root,
    outdir: join(outFolder, "assets"),
    publicPath: "/assets/",
    entryNames: "[name]-[hash]",
    chunkNames: "[name]-[hash]",
    assetNames: "[name]-[hash]",
    bundle: true,
    splitting: true,
    minify: true,
    metafile: true,
    format: "esm",
    platform: "browser",
    target,
    jsx: "automatic",
    jsxImportSource: "preact",
    tsconfigRaw: {},
    loader: { ".mp4": "file" },
    legalComments: "none",
    logLevel: "warning",
  });
  const main = Object.entries(metafile.outputs).find(([, output]) => output.entryPoint === entry);
  const address = (path) => `/${relative(outFolder, join(root, path)).replaceAll("\\", "/")}`;
  // what the script needs at once is fetched with it, and not after it
  const chunks = main[1].imports
    .filter(({ kind }) => kind === "import-statement")
    .map(({ path }) => address(path));
  return { script: address(main[0]), style: address(main[1].cssBundle), chunks };
}

/** @returns the address of the written file, whose name changes with its bytes */
function writeHashed(outFolder, name, extension, bytes) {
  const hash = createHash("sha256").update(bytes).digest("hex").slice(0, 8).toUpperCase();
  const path = `assets/${name}-${hash}.${extension}`;
  writeFileSync(join(outFolder, path), bytes);
  return `/${path}`;
}

function manifest(icons) {
  return JSON.stringify({
    name: "Tellyport",
    short_name: "Tellyport",
    id: "/",
    start_url: "/",
    display: "standalone",
    background_color: "#121416",
    theme_color: "#121416",
    icons,
  });
}

function compress(folder) {
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !TEXT.test(entry.name)) continue;
    const path = join(entry.parentPath ?? dirname(entry.path), entry.name);
    const bytes = readFileSync(path);
    writeFileSync(`${path}.gz`, gzipSync(bytes, { level: 9 }));
    const params = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length };
    writeFileSync(`${path}.br`, brotliCompressSync(bytes, { params }));
  }
}
