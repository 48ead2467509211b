import t from "tap";
import {
  askFragment,
  parseAskFragment,
  parseScreenFragment,
  screenFragment,
} from "../../src/protocol/pairing.ts";
import { tvEn, type TvKey } from "../../web/i18n/tv-en.ts";
import { tvZh } from "../../web/i18n/tv-zh.ts";
import { askAddress } from "../../web/pairing/ask-address.ts";
import { typedAddress } from "../../web/tv/typed-address.ts";
import { destinationOf, isBack } from "../../web/tv/remote.ts";
import { DIM_AFTER, MOVE_EVERY, restAt } from "../../web/tv/rest.ts";
import { scannedAddress } from "../../web/tv/scanned-address.ts";

const holes = (text: string): string[] => (text.match(/\{\w+\}/g) ?? []).sort();

t.test("tv words: Chinese and English have the same keys, with the same things filled in", async (t) => {
  t.same(Object.keys(tvZh).sort(), Object.keys(tvEn).sort());
  for (const key of Object.keys(tvEn) as TvKey[]) {
    t.same(holes(tvZh[key]), holes(tvEn[key]), key);
    t.match(tvZh[key], /\p{Script=Han}/u, key);
  }
});

t.test(
  "tv rest: it moves from minute to minute by a hundredth, never far, and is dark after a while",
  async (t) => {
    const seen = new Set<string>();
    for (let minute = 0; minute < 30; minute++) {
      const now = minute * MOVE_EVERY;
      const { x, y } = restAt(now, now);
      const { x: nextX, y: nextY } = restAt(now + MOVE_EVERY, now);
      t.ok(Math.abs(x) <= 1 && Math.abs(y) <= 1);
      t.ok(x !== nextX || y !== nextY, `another place after minute ${minute}`);
      seen.add(`${x} ${y}`);
    }
    t.equal(seen.size, 9);
    t.equal(restAt(DIM_AFTER - 1, 0).dim, false);
    t.equal(restAt(DIM_AFTER, 0).dim, true);
  },
);

t.test("tv remote: arrows lead on, and round the corner up and down", async (t) => {
  const at = (left: number, top: number): { left: number; right: number; top: number; bottom: number } => ({
    left,
    right: left + 100,
    top,
    bottom: top + 40,
  });
  const places = [at(0, 0), at(0, 50), at(0, 100), at(200, 100)];
  const others = (index: number): typeof places => places.filter((_, one) => one !== index);
  t.equal(destinationOf("ArrowDown", at(0, 0), others(0)), 0);
  t.equal(destinationOf("ArrowUp", at(0, 0), others(0)), 1, "from the first to the last of its column");
  t.equal(destinationOf("ArrowDown", at(0, 100), others(2)), 0, "and back to the first");
  t.equal(destinationOf("ArrowRight", at(0, 100), others(2)), 2);
  t.equal(destinationOf("ArrowRight", at(200, 100), others(3)), -1, "not round the corner sideways");
  t.equal(destinationOf("x", at(0, 0), others(0)), -1);
  for (const key of ["GoBack", "XF86Back", "BrowserBack", "Escape", "Backspace"])
    t.ok(isBack({ key, keyCode: 0 }), key);
  t.ok(isBack({ key: "Unidentified", keyCode: 461 }), "LG");
  t.ok(isBack({ key: "Unidentified", keyCode: 10009 }), "Samsung");
  t.notOk(isBack({ key: "Enter", keyCode: 13 }));
});

t.test("tv fragments: what they say comes back, and nothing else is read", async (t) => {
  const secret = "A".repeat(22);
  t.same(parseScreenFragment(screenFragment("abc", secret)), { offer: "abc", secret });
  t.equal(parseScreenFragment(`#p=1.abc.${secret}`), null);
  t.equal(parseAskFragment(askFragment("WDJBMJHT")), "WDJBMJHT");
  t.equal(parseAskFragment("#t=1.wdjb-mjht"), "WDJBMJHT");
  for (const odd of ["#t=1.", "#t=1.AEIOUAEI", "#t=2.WDJBMJHT", "#t=1.WDJBMJHT&x"])
    t.equal(parseAskFragment(odd), null, odd);
});

t.test("tv ask: an owner's phone opens the secure page, where it is at home", async (t) => {
  const page = { protocol: "http:", host: "192.168.1.5:8080", hostname: "192.168.1.5" };
  const https = { port: 8443, fingerprint: "" };
  t.equal(askAddress("WDJB-MJHT", page, { https }), "https://192.168.1.5:8443/#t=1.WDJBMJHT");
  t.equal(askAddress("WDJB-MJHT", page, { https: null }), "http://192.168.1.5:8080/#t=1.WDJBMJHT");
  const secure = { protocol: "https:", host: "box.example", hostname: "box.example" };
  t.equal(askAddress("WDJB-MJHT", secure, { https }), "https://box.example/#t=1.WDJBMJHT");
});

t.test("tv: while the box has no owner its code leads to the secure page, where there is one", (t) => {
  const url = "http://192.168.1.5:8080#p=1.abc.DEF";
  t.equal(scannedAddress(url, 8443), "https://192.168.1.5:8443/#p=1.abc.DEF");
  t.equal(scannedAddress("http://[fd00::5]:8080/#p=1.abc.DEF", 443), "https://[fd00::5]/#p=1.abc.DEF");
  t.equal(scannedAddress(url, null), url);
  t.end();
});

t.test("web tv: an address is shown as a person types it", async (t) => {
  t.equal(typedAddress("http://tellyport-abcd.local:8080"), "tellyport-abcd.local:8080");
  t.equal(typedAddress("https://anna.box.example/"), "https://anna.box.example");
});
