import t from "tap";
import { setUp, until, useControl, watching } from "./app-under-test.ts";
import { skipWithoutBrowser } from "./fake-media.ts";
import { UPRIGHT, contextOf, lookWords, looker } from "./look-at.ts";

const two = (value: number): string => String(value).padStart(2, "0");
const clock = (second: number): string => `00:${two(Math.floor(second / 60))}:${two(second % 60)}.000`;
/** Lines as teletext has them: colours of speakers, and of the ground. */
const text = (segment: number): string =>
  [
    "WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:0,LOCAL:00:00:00.000\n",
    `${clock(segment)} --> ${clock(segment + 1)}`,
    "<c.yellow>Buonasera, siamo in diretta</c>\n<c.cyan.bg_blue>da Palermo.</c>\n",
  ].join("\n");

for (const look of UPRIGHT) {
  t.test(`web screens: ${lookWords(look)}`, { skip: skipWithoutBrowser() }, async (t) => {
    const { box, open, port } = await setUp(t);
    box.headStart = 30;
    box.window = 30;
    const news = box.media.get("news");
    if (news === undefined) throw new Error("there is no news");
    box.media.set("news", { ...news, text });
    box.media.set("radio", { ...news, radio: true });
    const { page, complaints } = await open("/", contextOf(look));
    const pairing = looker(t, page, look, "pair");
    const lookAt = looker(t, page, look, "player");

    await page.waitForSelector("[name=code]");
    await page.fill("[name=code]", "WDJB");
    await page.click("[data-action=pair]");
    await pairing("code");
    await page.goto(`http://127.0.0.1:${port}/${box.fragment()}`);
    await page.reload(); // from one fragment to another no page is loaded
    await page.goto("about:blank");
    await page.goto(`http://127.0.0.1:${port}/${box.fragment()}`);
    await page.waitForSelector("button[data-action=pair]:not([type=submit])");
    await pairing("scanned");
    await page.click("[data-action=pair]");
    await page.waitForSelector("[data-channel=pay][data-obstacle=scrambled]");
    await looker(t, page, look, "live")("list-plain");

    await page.click("[data-action=settings]");
    await page.click("[data-action=forget]");
    await looker(t, page, look, "access")("settings-forget");
    await page.click("[data-action=close]");

    await page.click("[data-channel=news]");
    await until(
      () => watching(page),
      ({ frames }) => frames > 5,
    );
    await page.waitForSelector("[data-action=audio]");
    await lookAt("playing");
    await useControl(page, "[data-action=audio]");
    await lookAt("audio");
    await page.keyboard.press("Escape");
    await page.waitForSelector(".time [data-action=live]");
    await useControl(page, "[data-action=rewind]");
    await lookAt("rewound");
    await useControl(page, "[data-action=subtitles]");
    await page.click("[data-track=text-0]");
    await page.waitForTimeout(3000);
    await page.mouse.move(100, 100);
    await useControl(page, "[data-action=subtitles]");
    await lookAt("subtitles");
    await page.keyboard.press("Escape");
    await useControl(page, "[data-action=quality]");
    await lookAt("quality");
    await page.keyboard.press("Escape");
    await useControl(page, "[data-action=back]");

    await page.click("[data-channel=radio]");
    await page.waitForSelector(".radio-face");
    await lookAt("radio");
    await useControl(page, "[data-action=back]");

    box.refusals.set("busy", {
      status: 503,
      code: "no-tuner-free",
      detail: { free: ["news", "arte", "cts"] },
    });
    await page.click("[data-channel=busy]");
    await page.waitForSelector("[data-code=no-tuner-free]");
    await lookAt("no-tuner-free");

    await page.route("**/api/**", (route) => route.abort());
    await page.reload();
    await page.waitForSelector("[data-code=box-unreachable]");
    await looker(t, page, look, "away")("unknown");
    t.same(complaints, []);
  });
}
