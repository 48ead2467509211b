import { readFileSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import t from "tap";
import { builtWeb } from "../browser/app-under-test.ts";

const BUDGET = 60 * 1024;

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
  const { icons } = JSON.parse(readFileSync(join(folder, "manifest.webmanifest"), "utf8")) as {
    icons: { src: string }[];
  };
  for (const { src } of icons) t.ok(statSync(join(folder, src)).size > 100, src);
});
