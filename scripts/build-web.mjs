// Builds the web app: hashed names, and beside each text file its .gz and .br, so that the box never compresses.
import { build } from "esbuild";
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { drawIcon } from "../web/assets/draw-icon.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
/** Styles of parts that come later; the page's head says where they are. */
const LATER_STYLES = ["guide"];
const BROWSERS = ["chrome105", "firefox115", "safari16"];
/**
 * The television's own page is a bundle of its own, for the browsers of sets: Chromium 69 is Tizen's of 2020, 79 is webOS's of
 * 2021. `web/tv/old-browsers.ts` has what they lack beside syntax; their layout is whole from 79 on.
 */
const TELEVISIONS = ["chrome69"];
const TEXT = /\.(js|css|html|svg|webmanifest)$/;

/**
 * @param {string} outFolder emptied first
 * @returns the source files that came into it, as esbuild names them
 */
export async function buildWeb(outFolder) {
  rmSync(outFolder, { recursive: true, force: true });
  mkdirSync(join(outFolder, "assets"), { recursive: true });
  const app = await bundle(outFolder, { main: "web/main.tsx", ...laterStyleFiles() }, BROWSERS);
  const icon = writeHashed(outFolder, "icon", "svg", readFileSync(join(root, "web/assets/icon.svg")));
  const icons = [192, 512].map((size) => ({
    src: writeHashed(outFolder, `icon-${size}`, "png", drawIcon(size)),
    sizes: `${size}x${size}`,
    type: "image/png",
    purpose: "any maskable",
  }));
  const allIcons = [{ src: icon, sizes: "any", type: "image/svg+xml", purpose: "any" }, ...icons];
  for (const [file, words] of Object.entries(MANIFESTS))
    writeFileSync(join(outFolder, file), manifest(allIcons, words));
  const page = writePage(outFolder, "index.html", app, { ICON: icon, TOUCH_ICON: icons[0].src });
  await buildWorker(outFolder, app, page);
  // Below a folder of its own: a phone's worker keeps nothing of it.
  const tv = await bundle(outFolder, { tv: "web/tv/main.tsx" }, TELEVISIONS, "tv/");
  writePage(outFolder, "tv.html", tv, { ICON: icon });
  compress(outFolder);
  return [...app.inputs, ...tv.inputs];
}

/** @returns the page's text */
function writePage(outFolder, name, { script, style, chunks, laterStyles }, more) {
  const later = [
    ...Object.entries(laterStyles).map(
      ([part, address]) => `<meta name="style-${part}" content="${address}" />`,
    ),
    ...chunks.map((address) => `<link rel="modulepreload" href="${address}" />`),
  ];
  const fill = { SCRIPT: script, STYLE: style, LATER: later.join("\n    "), ...more };
  const page = readFileSync(join(root, "web", name), "utf8").replace(/%([A-Z_]+)%/g, (_, hole) => fill[hole]);
  writeFileSync(join(outFolder, name), page);
  return page;
}

/**
 * The service worker: at an address that never changes, with what it keeps written into it. Its bytes change with any of them.
 * The player's library is kept when it was used, and what only plain http needs is never asked of a worker.
 */
async function buildWorker(outFolder, { script }, page) {
  const files = readdirSync(join(outFolder, "assets"))
    .filter((file) => /\.(js|css|svg|png)$/.test(file))
    .sort();
  const later = files.filter((file) => file.startsWith("hls-"));
  const parts = files.filter((file) => !later.includes(file) && !file.startsWith("proof-plain-"));
  const address = (file) => `/assets/${file}`;
  const shell = {
    version: createHash("sha256").update(page).update(files.join()).digest("hex").slice(0, 12),
    script,
    parts: parts.map(address),
    later: later.map(address),
  };
  await build({
    entryPoints: { sw: join(root, "web/shell/worker.ts") },
    absWorkingDir: root,
    outdir: outFolder,
    bundle: true,
    minify: true,
    format: "iife",
    platform: "browser",
    target: BROWSERS,
    tsconfigRaw: {},
    define: { SHELL: JSON.stringify(shell) },
    legalComments: "none",
    logLevel: "warning",
  });
}

function laterStyleFiles() {
  return Object.fromEntries(LATER_STYLES.map((name) => [name, `web/styles/${name}.css`]));
}

/**
 * @param entries by name, the script first; those behind it are styles of parts that come later
 * @param below folder of the assets, with its slash; default: none
 */
async function bundle(outFolder, entries, target, below = "") {
  const { metafile } = await build({
    entryPoints: Object.fromEntries(Object.entries(entries).map(([name, path]) => [name, join(root, path)])),
    absWorkingDir: root,
    outdir: join(outFolder, "assets"),
    publicPath: "/assets/",
    entryNames: `${below}[name]-[hash]`,
    chunkNames: `${below}[name]-[hash]`,
    assetNames: `${below}[name]-[hash]`,
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
  const outputOf = (path) =>
    Object.entries(metafile.outputs).find(([, output]) => output.entryPoint === path);
  const address = (path) => `/${relative(outFolder, join(root, path)).replaceAll("\\", "/")}`;
  const [[, first], ...styles] = Object.entries(entries);
  const [script, { imports, cssBundle }] = outputOf(first);
  return {
    inputs: Object.keys(metafile.inputs),
    script: address(script),
    style: address(cssBundle),
    // what the script needs at once is fetched with it, and not after it
    chunks: imports.filter(({ kind }) => kind === "import-statement").map(({ path }) => address(path)),
    laterStyles: Object.fromEntries(styles.map(([name, path]) => [name, address(outputOf(path)[0])])),
  };
}

/** @returns the address of the written file, whose name changes with its bytes */
function writeHashed(outFolder, name, extension, bytes) {
  const hash = createHash("sha256").update(bytes).digest("hex").slice(0, 8).toUpperCase();
  const path = `assets/${name}-${hash}.${extension}`;
  writeFileSync(join(outFolder, path), bytes);
  return `/${path}`;
}

/** One for each language: the page names the one that its person reads. */
const MANIFESTS = {
  "manifest.webmanifest": {
    lang: "en",
    name: "Tellyport",
    description: "Home TV on every screen",
    guide: "Guide",
    search: "Search",
  },
  "manifest.zh.webmanifest": {
    lang: "zh-CN",
    name: "Tellyport 家庭电视",
    description: "在每块屏幕上看家里的电视",
    guide: "节目单",
    search: "搜索",
  },
};

function manifest(icons, { lang, name, description, guide, search }) {
  const shortcut = (title, url) => ({ name: title, url, icons: icons.slice(1, 2) });
  return JSON.stringify({
    name,
    short_name: "Tellyport",
    description,
    lang,
    dir: "ltr",
    id: "/",
    start_url: "/",
    scope: "/",
    display: "standalone",
    orientation: "any",
    categories: ["entertainment"],
    shortcuts: [shortcut(guide, "/#/guide"), shortcut(search, "/#/search")],
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
