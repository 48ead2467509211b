import { readFileSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import t from "tap";
import { contrast, isReadable, readableShade } from "../../../src/kernel/colour.ts";
import { DARK_GROUNDS, LIGHT_GROUNDS, brandingOf } from "../../../src/kernel/config/branding.ts";
import { PROVISIONED, loadConfig, readProvision } from "../../../src/kernel/config/index.ts";
import { PROJECT } from "../../helpers/captures.ts";
import { temporaryFolder, type Teardown } from "../../helpers/temporary.ts";

async function read(t: Teardown, text: string) {
  const path = join(await temporaryFolder(t), "provision.yaml");
  await writeFile(path, text);
  return readProvision(path, false);
}

t.test("provisioning: a fault is told with its line, whatever it is", async (t) => {
  const faults: [string, RegExp][] = [
    ["box:\n  name: A\n\n  naem: B\n", /provision\.yaml: line 4: box\.naem .* did you mean box\.name\?$/],
    [
      "http: {port: 80}\n",
      /line 1: http is not a key .* knows box, branding, access, online, scan, live\)\.$/,
    ],
    ["box: {name: A}\nacess: {}\n", /line 2: acess .* did you mean access\?$/],
    ["scan:\n  atFirstStart: maybe\n", /line 2: scan\.atFirstStart must be true or false\.$/],
    ["scan:\n  country: France\n", /line 2: scan\.country must be a country's two letters/],
    [
      "branding:\n\n  accent: yellow\n",
      /line 3: branding\.accent must be a colour in quotes, such as "#0f6e66"/,
    ],
    [
      "branding: {accent: '#ffd400'}\n",
      /line 1: branding\.accent .* contrast of 4\.5 to 1\): a darker one can\.$/,
    ],
    ["branding: {accentDark: '#202020'}\n", /line 1: branding\.accentDark .*: a lighter one can\.$/],
    ["a: [1\n", /not valid YAML: .*line/],
    ["- box\n", /holds no keys/],
  ];
  for (const [text, message] of faults)
    await t.rejects(read(t, text), { code: "config-invalid", message }, text);
  await t.rejects(readProvision("/nonexistent/provision.yaml", false), { code: "config-unreadable" });
  t.equal(await readProvision("/nonexistent/provision.yaml", true), null);
  t.same((await read(t, ""))?.values, {}, "an empty one says nothing");
});

t.test(
  "provisioning: what was applied is above the file and below the owner, as far as this release knows it",
  async (t) => {
    const state = join(await temporaryFolder(t), "state");
    await mkdir(state);
    await writeFile(
      join(state, PROVISIONED),
      "box: {name: P, language: zh, colourOfALaterRelease: red}\naccess: {policy: nextv-f, keepWatched: false}\nlater: 1\n",
    );
    await writeFile(join(state, "settings.yaml"), "access: {keepWatched: true}\n");
    const path = join(await temporaryFolder(t), "tellyport.yaml");
    await writeFile(path, "box: {name: F}\naccess: {lanHttp: false}\n");
    const overrides = { state: { directory: state } };
    const { config, values } = await loadConfig({ path, overrides });
    t.match(config.box, { name: "P", language: "zh" });
    t.match(config.access, { policy: "nextv-f", lanHttp: false, keepWatched: true });
    const origin = (key: string): string | undefined => values.find((row) => row.key === key)?.origin;
    t.equal(origin("box.name"), "provision");
    t.equal(origin("access.keepWatched"), "owner");
    t.equal(origin("access.lanHttp"), "file");
    const without = await loadConfig({ path, overrides, withoutState: true });
    t.equal(without.config.box.name, "F");
  },
);

t.test("branding: the grounds are those of the style sheet", (t) => {
  const css = readFileSync(join(PROJECT, "web/styles/tokens.css"), "utf8");
  const grounds = [...css.matchAll(/--(?:ground|surface|sunken): (#[0-9a-f]{6});/g)].map(
    ([, colour]) => colour,
  );
  t.same(grounds, [...LIGHT_GROUNDS, ...DARK_GROUNDS]);
  const own = [...css.matchAll(/--accent: (#[0-9a-f]{6});/g)].map(([, colour]) => colour ?? "");
  t.equal(own.length, 2);
  t.ok(
    isReadable(own[0] ?? "", LIGHT_GROUNDS) && isReadable(own[1] ?? "", DARK_GROUNDS),
    "our own hold, too",
  );
  t.end();
});

t.test("branding: contrast as WCAG has it; a shade for dark ground is made of the one for light", (t) => {
  t.equal(contrast("#000000", "#ffffff"), 21);
  t.equal(contrast("#777777", "#ffffff").toFixed(2), "4.48");
  t.equal(brandingOf({ product: "", accent: "", accentDark: "", support: "" }), null);
  const { accentDark = "" } =
    brandingOf({ product: "", accent: "#7a1fa2", accentDark: "", support: "" }) ?? {};
  t.ok(isReadable(accentDark, DARK_GROUNDS), accentDark);
  const channel = fc.integer({ min: 0, max: 255 }).map((value) => value.toString(16).padStart(2, "0"));
  const colour = fc.tuple(channel, channel, channel).map((parts) => `#${parts.join("")}`);
  fc.assert(
    fc.property(colour, (one) => isReadable(readableShade(one, "#ffffff", DARK_GROUNDS), DARK_GROUNDS)),
  );
  t.end();
});
