import { chmod, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import t from "tap";
import { chromium } from "playwright-core";
import { anywhere, skipWithoutAnywhere, type Anywhere } from "../helpers/anywhere.ts";
import { eventually, runProgram } from "../helpers/daemon.ts";
import { skipWithoutProgram } from "../helpers/programs.ts";
import { temporaryFolder, type Teardown } from "../helpers/temporary.ts";
import { PHONE, until, watching } from "./app-under-test.ts";
import { CHROMIUM, skipWithoutBrowser } from "./fake-media.ts";

/** Picture again after the address has changed, s. */
const AGAIN_S = 90;

/** Chromium in the phone's place, with a home of its own in which the authority's root is trusted. */
async function phoneBrowser(t: Teardown, { lab, rootFile }: Anywhere): Promise<string> {
  const home = await temporaryFolder(t);
  const store = join(home, ".pki/nssdb");
  await mkdir(store, { recursive: true });
  const certutil = (...args: string[]) => runProgram("certutil", ["-d", `sql:${store}`, ...args]);
  for (const args of [
    ["-N", "--empty-password"],
    ["-A", "-t", "C,,", "-n", "authority", "-i", rootFile],
  ]) {
    const { code, stderr } = await certutil(...args);
    if (code !== 0) throw new Error(`certutil: ${stderr}`);
  }
  const path = join(home, "chromium");
  await writeFile(path, `#!/bin/sh\nHOME=${home} exec ${lab.phone.wrapper.join(" ")} ${CHROMIUM} "$@"\n`);
  await chmod(path, 0o755);
  return path;
}

t.test(
  "A3, A7: a phone in the internet finds the box by its name, plays over https, and plays again when the address changes",
  { skip: skipWithoutBrowser() || skipWithoutAnywhere() || skipWithoutProgram("certutil") },
  async (t) => {
    t.setTimeout(400_000);
    const world = await anywhere(t);
    const { addresses, name } = await world.found();
    const browser = await chromium.launch({
      executablePath: await phoneBrowser(t, world),
      args: [
        "--disable-quic",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
      ],
    });
    t.teardown(() => browser.close());
    const context = await browser.newContext({ locale: "en-GB", ...PHONE });
    const page = await context.newPage();
    page.setDefaultTimeout(20_000);
    const offer = await world.box.openOffer();
    await page.goto(`${addresses.away}/${new URL(offer.url).hash}`);
    t.equal(await page.evaluate("isSecureContext"), true);
    await page.click("[data-action=pair]");
    await page.waitForSelector("[data-screen=channels]");
    await page.click('[data-channel]:has-text("1")');
    const seen = await until(
      () => watching(page),
      ({ frames, audioBytes }) => frames > 25 && audioBytes > 0,
      60_000,
    );
    t.ok(seen.frames > 25, JSON.stringify(seen));

    const changed = performance.now();
    const wan = world.lab.newWanAddress();
    const dugAfter = await eventually(
      "dig sees the new address",
      async () => ((await world.dug(name!)).includes(wan) ? performance.now() - changed : null),
      AGAIN_S * 1000,
    );
    const before = (await watching(page)).frames;
    const playing = await until(
      () => watching(page),
      ({ frames }) => frames > before + 50,
      AGAIN_S * 1000 - dugAfter,
    );
    const after = performance.now() - changed;
    t.ok(playing.frames > before + 50, JSON.stringify(playing));
    t.ok(after < AGAIN_S * 1000, `${(after / 1000).toFixed(1)} s until it played again`);
    t.comment(
      `dig saw the new address after ${(dugAfter / 1000).toFixed(1)} s; it played again after ${(after / 1000).toFixed(1)} s`,
    );
  },
);
