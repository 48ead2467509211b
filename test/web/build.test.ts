import { readFileSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import t from "tap";
import { builtWeb } from "../browser/app-under-test.ts";

const BUDGET = 60_000;

t.test("web build: the first load is small, hashed, and pre-compressed", async (t) => {
  t.setTimeout(120_000);
  const folder = await builtWeb();
  const page = readFileSync(join(folder, "index.html"), "utf8");
  t.notMatch(
    page,
    /%[A-Z_]+%|https?:|<style|style=/,
    "everything filled in, nothing from elsewhere, nothing inline",
  );
  const addresses = [...page.matchAll(/(?:src|href)="\/([^"]+)"/g)].map((match) => match[1] as string);
  const scripts = addresses.filter((one) => one.endsWith(".js"));
  t.equal(addresses.length - scripts.length, 4);
  let total = statSync(join(folder, "index.html.gz")).size;
  for (const address of addresses) {
    if (address !== "manifest.webmanifest")
      t.match(address, /^assets\/[\w-]+-[A-Z0-9]{8}\.(js|css|svg|png)$/);
    if (/\.(js|css)$/.test(address)) total += statSync(join(folder, `${address}.gz`)).size;
  }
  for (const script of scripts) {
    const code = readFileSync(join(folder, script), "utf8");
    for (const [, needed] of code.matchAll(/(?:from|import)"\/([^"]+)"/g))
      t.ok(needed !== undefined && scripts.includes(needed), `${script}: ${needed} is fetched at once`);
  }
  t.ok(total < BUDGET, `${total} bytes`);

  for (const file of readdirSync(folder, { recursive: true }) as string[]) {
    if (!/\.(js|css|html|svg|webmanifest)$/.test(file)) continue;
    const bytes = readFileSync(join(folder, file));
    t.ok(gunzipSync(readFileSync(join(folder, `${file}.gz`))).equals(bytes), `${file}.gz`);
    t.ok(brotliDecompressSync(readFileSync(join(folder, `${file}.br`))).equals(bytes), `${file}.br`);
  }
  for (const manifest of ["manifest.webmanifest", "manifest.zh.webmanifest"]) {
    const { icons, shortcuts, ...rest } = JSON.parse(readFileSync(join(folder, manifest), "utf8")) as {
      icons: { src: string; purpose: string }[];
      shortcuts: { name: string; url: string }[];
    };
    t.match(rest, { id: "/", start_url: "/", scope: "/", display: "standalone", orientation: "any" });
    for (const { src } of icons) t.ok(statSync(join(folder, src)).size > 100, src);
    t.ok(icons.some(({ purpose }) => purpose.includes("maskable")));
    t.same(
      shortcuts.map(({ url }) => url),
      ["/#/guide", "/#/search"],
    );
  }
});

t.test(
  "web build: the worker keeps the shell, the player's library later, and changes with them",
  async (t) => {
    const folder = await builtWeb();
    const worker = readFileSync(join(folder, "sw.js"), "utf8");
    const assets = readdirSync(join(folder, "assets")).filter((file) => /\.(js|css|svg|png)$/.test(file));
    for (const file of assets)
      t.equal(worker.includes(`/assets/${file}`), !file.startsWith("proof-plain-"), file);
    t.notMatch(worker, /recovery-point|\/api\/|https?:/);
    t.ok(statSync(join(folder, "sw.js.gz")).size < 3 * 1024);
  },
);
