// Makes docs/screens from build/screens: one sheet for each part of the app, language and kind of screen, on which every
// screen stands with its name.
// usage: node scripts/screens.mjs   (after the long run of the tests: scripts/test --long screens; needs Chromium)
import { readFileSync, readdirSync, rmSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

process.chdir(fileURLToPath(new URL("..", import.meta.url)));
const FROM = "build/screens";
const TO = "docs/screens";
/** Bytes of all sheets together, and the qualities that are tried for it, the best first. */
const MOST = 3.9e6;
const QUALITIES = [0.6, 0.4, 0.25, 0.2];

/** The parts of the app, in the order in which people meet them; as `test/browser/look-at.ts` has them. */
const AREAS = {
  pair: "Pairing",
  live: "Live: the list of channels",
  player: "The player, and why there is no picture",
  guide: "Guide and search",
  access: "Who may watch",
  owner: "The owner’s pages about the box",
  away: "The box is not reached",
  tv: "The television’s page",
};
const LANGUAGES = { en: "English, light", zh: "Chinese, dark" };
/** How wide a screen stands on the sheet, px, and how many of them stand side by side. */
const KINDS = {
  phone: { words: "phone", sizes: ["360x740"], width: 240, columns: 6 },
  side: { words: "phone on its side", sizes: ["740x360"], width: 360, columns: 4 },
  large: { words: "computer and television", sizes: ["1280x720", "1920x1080"], width: 340, columns: 6 },
};

const NAME = /^([a-z]+)-(.+)-(\d+x\d+)-(en|zh)\.png$/;

/** What stands on each sheet, oldest first: in the order of the walk that took them. */
function sheets() {
  const found = readdirSync(FROM).flatMap((file) => {
    const [, area, name, size, language] = NAME.exec(file) ?? [];
    return area in AREAS ? [{ file, area, name, size, language }] : [];
  });
  return Object.keys(AREAS).flatMap((area) =>
    Object.entries(KINDS).flatMap(([kind, look]) =>
      Object.keys(LANGUAGES).flatMap((language) => {
        const shots = found
          .filter((one) => one.area === area && one.language === language && look.sizes.includes(one.size))
          .sort((a, b) => compare(a.name, b.name) || look.sizes.indexOf(a.size) - look.sizes.indexOf(b.size));
        return shots.length === 0 ? [] : [{ area, kind, language, look, shots }];
      }),
    ),
  );
}

function compare(a, b) {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** In the page: the pictures in rows, as high as the highest of their row, as one WebP. @returns base64, one for each quality */
async function compose({ shots, width, columns, qualities, title }) {
  const [gap, label, head] = [14, 22, 44];
  const pictures = await Promise.all(
    shots.map(async ({ data }) => {
      const picture = new Image();
      picture.src = `data:image/png;base64,${data}`;
      await picture.decode();
      return picture;
    }),
  );
  const heights = pictures.map(({ naturalWidth, naturalHeight }) =>
    Math.round((naturalHeight / naturalWidth) * width),
  );
  const across = Math.min(columns, shots.length);
  const rows = Math.ceil(shots.length / across);
  const high = Array.from({ length: rows }, (_, row) =>
    Math.max(...heights.slice(row * across, (row + 1) * across)),
  );
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(across * (width + gap) + gap, 620);
  canvas.height = head + high.reduce((sum, height) => sum + height + label + gap, 0);
  const ink = canvas.getContext("2d");
  ink.imageSmoothingQuality = "high";
  ink.fillStyle = "#8a8f98";
  ink.fillRect(0, 0, canvas.width, canvas.height);
  ink.fillStyle = "#ffffff";
  ink.font = "600 18px sans-serif";
  ink.fillText(title, gap, 29);
  ink.fillStyle = "#101216";
  ink.font = "14px sans-serif";
  let top = head;
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < across; column++) {
      const at = row * across + column;
      if (at >= shots.length) break;
      const left = gap + column * (width + gap);
      ink.drawImage(pictures[at], left, top, width, heights[at]);
      ink.fillText(shots[at].name, left, top + high[row] + 16, width);
    }
    top += high[row] + label + gap;
  }
  return qualities.map((quality) => canvas.toDataURL("image/webp", quality).split(",")[1]);
}

const all = sheets();
if (all.length === 0) throw new Error(`${FROM} has no screens: run scripts/test --long screens first`);
mkdirSync(TO, { recursive: true });
for (const file of readdirSync(TO)) if (file.endsWith(".webp")) rmSync(join(TO, file));
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium" });
const page = await browser.newPage();
const made = [];
try {
  for (const { area, kind, language, look, shots } of all) {
    const { width, columns, words } = look;
    const few = look.sizes.length > 1;
    const asked = shots.map(({ file, name, size }) => ({
      data: readFileSync(join(FROM, file)).toString("base64"),
      name: few ? `${name}, ${size}` : name,
    }));
    const title = `${AREAS[area]}: ${words}, ${LANGUAGES[language]}`;
    const images = await page.evaluate(compose, {
      shots: asked,
      width,
      columns,
      qualities: QUALITIES,
      title,
    });
    const file = `${area}-${kind}-${language}.webp`;
    made.push({ area, kind, language, file, count: shots.length, images });
  }
} finally {
  await browser.close();
}

const bytesAt = (at) => made.reduce((sum, { images }) => sum + (images[at].length * 3) / 4, 0);
const best = QUALITIES.findIndex((_, at) => bytesAt(at) <= MOST);
const chosen = best < 0 ? QUALITIES.length - 1 : best;
for (const { file, images } of made) writeFileSync(join(TO, file), Buffer.from(images[chosen], "base64"));

const cell = (area, kind) =>
  made
    .filter((one) => one.area === area && one.kind === kind)
    .map(({ file, language, count }) => `[${language}](${file}) (${count})`)
    .join(" · ") || "–";
const table = Object.entries(AREAS)
  .filter(([area]) => made.some((one) => one.area === area))
  .map(
    ([area, words]) =>
      `| ${words} | ${Object.keys(KINDS)
        .map((kind) => cell(area, kind))
        .join(" | ")} |`,
  );
writeFileSync(
  join(TO, "README.md"),
  `# Every screen of the app

One sheet for each part of the app, language and kind of screen; in brackets, how many screens stand on it. English is
shown by day, Chinese by night. Phones are 360x740 and 740x360 pixels, the computer 1280x720, the television 1920x1080.

| part | ${Object.values(KINDS)
    .map(({ words }) => words)
    .join(" | ")} |
| --- | --- | --- | --- |
${table.join("\n")}

The pictures are taken by the tests that also look for faults of the layout and, with axe-core, for what is in anybody's
way: \`scripts/test --long screens\` takes them all into \`build/screens\`, and \`node scripts/screens.mjs\` puts them together
here. \`channels.png\` and \`player.png\` show the real box on its mock broadcaster: \`node scripts/make-screens.mjs\`.
`,
);
const screens = made.reduce((sum, { count }) => sum + count, 0);
const size = (bytesAt(chosen) / 1e6).toFixed(1);
console.log(`${made.length} sheets, ${screens} screens, ${size} MB at quality ${QUALITIES[chosen]}`);
