import t from "tap";
import { openDatabase } from "../../../src/kernel/store/database.ts";
import type { Channel } from "../../../src/protocol/api.ts";
import { logoType, MOST_LOGO_BYTES } from "../../../src/share/logos/logo-image.ts";
import { LogoStore } from "../../../src/share/logos/logo-store.ts";
import { SHARE_MIGRATIONS } from "../../../src/share/schema.ts";
import { house, service } from "../fakes.ts";

const OWNER = { "x-client": "anna:owner" };
const KID = { "x-client": "kim:kid" };
const pad = (...bytes: number[]): Buffer => Buffer.concat([Buffer.from(bytes), Buffer.alloc(40)]);
const PNG = Buffer.concat([
  pad(0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10, 0, 0, 0, 13).subarray(0, 12),
  Buffer.from("IHDR"),
  Buffer.alloc(30),
]);
const WEBP = Buffer.concat([Buffer.from("RIFF\0\0\0\0WEBPVP8 "), Buffer.alloc(20)]);

t.test("logos: a picture is what its bytes say", async (t) => {
  t.equal(logoType(PNG), "image/png");
  t.equal(logoType(pad(0xff, 0xd8, 0xff, 0xe0)), "image/jpeg");
  t.equal(logoType(WEBP), "image/webp");
  for (const text of ["<svg xmlns='http://www.w3.org/2000/svg'/>", "GIF89a..............", "<!doctype html>"])
    t.equal(logoType(Buffer.from(text)), null, text);
  t.equal(logoType(Buffer.alloc(0)), null);
  t.equal(logoType(PNG.subarray(0, 12)), null, "broken off");
  t.equal(logoType(Buffer.concat([PNG, Buffer.alloc(MOST_LOGO_BYTES)])), null, "too large");
});

t.test("logos: the owner chooses and removes, everybody who sees the channel sees it", async (t) => {
  const h = await house(t, [service(1), service(2)]);
  const list = async (headers: Record<string, string>): Promise<Channel[]> =>
    (await h.app.inject({ url: "/api/v1/channels", headers })).json().channels;
  const [one, two] = await list(OWNER);
  t.equal(one?.logo, null);
  const url = `/api/v1/channels/${one?.id}/logo`;
  const put = (image: string, headers: Record<string, string> = OWNER) =>
    h.app.inject({ method: "PUT", url, headers, payload: { image } });
  t.equal((await h.app.inject({ url, headers: KID })).json().code, "logo-not-found");
  const set = await put(PNG.toString("base64"));
  t.equal(set.statusCode, 200, set.body);
  const { logo } = set.json();
  t.equal((await list(KID))[0]?.logo, logo);
  const read = await h.app.inject({ url, headers: KID });
  t.match(read.headers, { "content-type": "image/png", etag: `"${logo}"` });
  t.ok(read.rawPayload.equals(PNG));
  const again = await h.app.inject({ url, headers: { ...KID, "if-none-match": `W/"${logo}"` } });
  t.equal(again.statusCode, 304);
  const other = (await put(WEBP.toString("base64"))).json().logo;
  t.not(other, logo, "another picture has another version");
  for (const bad of ["", "no base64!", Buffer.from("<svg/>".repeat(9)).toString("base64")])
    t.equal((await put(bad)).statusCode, 400, bad);
  t.equal((await h.app.inject({ url, headers: OWNER })).headers["content-type"], "image/webp", "it stays");
  const large = await put("A".repeat(120_000));
  t.ok([400, 413].includes(large.statusCode));
  const gone = await h.app.inject({
    method: "PUT",
    url: "/api/v1/channels/x/logo",
    headers: OWNER,
    payload: { image: PNG.toString("base64") },
  });
  t.equal(gone.json().code, "channel-not-found");
  await h.app.inject({
    method: "PATCH",
    url: `/api/v1/channels/${one?.id}`,
    headers: OWNER,
    payload: { hidden: true },
  });
  t.equal(
    (await h.app.inject({ url, headers: KID })).json().code,
    "channel-not-found",
    "hidden with its channel",
  );
  t.same((await h.app.inject({ method: "DELETE", url, headers: OWNER })).json(), { logo: null });
  t.equal((await h.app.inject({ url, headers: OWNER })).statusCode, 404);
  t.equal(two?.logo, null);
});

t.test("logos: kept over restarts, bounded together, gone with their channels", async (t) => {
  const database = openDatabase(":memory:");
  database.migrate("share", SHARE_MIGRATIONS);
  const store = new LogoStore(database);
  const full = Buffer.concat([PNG, Buffer.alloc(MOST_LOGO_BYTES - PNG.length)]);
  for (let i = 0; i < 256; i++) store.set(`c${i}`, full);
  t.throws(() => store.set("more", full), { code: "logos-full" });
  store.set("c0", PNG);
  const again = new LogoStore(database);
  t.equal(again.versionOf("c0"), store.versionOf("c0"));
  t.ok(again.get("c0")?.body.equals(PNG));
  again.keepOnly(new Set(["c0"]));
  t.equal(again.versionOf("c1"), null);
  t.equal(new LogoStore(database).get("c1"), undefined);
});
