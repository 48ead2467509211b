import { readFile, stat, writeFile } from "node:fs/promises";
import { networkInterfaces } from "node:os";
import { join } from "node:path";
import t from "tap";
import { systemClock, type Clock } from "../../../src/kernel/clock.ts";
import { ms } from "../../../src/kernel/units.ts";
import { eventually } from "../../helpers/daemon.ts";
import { temporaryFolder } from "../../helpers/temporary.ts";
import { startRealBox } from "../real-box.ts";
import { run, start } from "../run-command.ts";

t.test("remote: pairs with a code, lists, plays, releases and unpairs", async (t) => {
  const box = await startRealBox(t);
  const path = join(await temporaryFolder(t), "deep", "credentials.json");
  const env = { TELLYPORT_CREDENTIALS: path };
  const url = `http://127.0.0.1:${box.ports.http}`;

  const paired = await run(
    [
      "remote",
      "pair",
      url,
      "--code",
      box.access.openOffer().code.toLowerCase(),
      "--name",
      "Laptop",
      "--json",
    ],
    { env },
  );
  t.equal(paired.code, 0, paired.stderr);
  t.match(JSON.parse(paired.stdout), { box: { id: box.access.identity.boxId, url }, role: "owner" });
  t.equal((await stat(path)).mode & 0o777, 0o600, "only its user reads the credentials");

  const channels = await run(["remote", "channels", "--json"], { env });
  t.equal(JSON.parse(channels.stdout).channels.length, 3);
  t.match((await run(["remote", "guide", "--channel", "公視"], { env })).stdout, /2 公視新聞台 HD/);

  const play = start(["remote", "play", "das erste hd", "--json"], { env });
  await eventually("the first line", () => play.out.stdout.includes("\n"));
  const first = JSON.parse(play.out.stdout.split("\n")[0] ?? "") as Record<string, string>;
  t.same(Object.keys(first), ["id", "hls", "expiresAt"]);
  t.equal(await (await fetch(first["hls"] ?? "")).text(), "#EXTM3U\n", "the address plays");
  play.interrupt();
  t.equal((await play.done).code, 0);
  t.ok(box.calls.includes("DELETE /api/v1/playback/p1"), "the playback was released");

  t.equal((await run(["remote", "unpair"], { env })).code, 0);
  await t.rejects(stat(path), { code: "ENOENT" });
  await t.rejects(stat(`${path}.previous`), { code: "ENOENT" }, "nothing is left to come back");
  t.equal((await run(["remote", "channels"], { env })).code, 77);
});

t.test("remote: a QR code's address pairs by its secret, and a wrong code is refused", async (t) => {
  const box = await startRealBox(t);
  const env = { TELLYPORT_CREDENTIALS: join(await temporaryFolder(t), "c.json") };
  const offer = box.access.openOffer("viewer");
  const wrong = await run(
    ["remote", "pair", `127.0.0.1:${box.ports.http}`, "--code", "BBBB-BBBB", "--json"],
    {
      env,
    },
  );
  t.equal(wrong.code, 77);
  t.match(JSON.parse(wrong.stderr), { code: "pairing-refused", status: 403 });
  t.equal((await run(["remote", "pair", offer.url, "--code", "not-one"], { env })).code, 64);
  const paired = await run(["remote", "pair", offer.url], { env });
  t.equal(paired.code, 0, paired.stderr);
  t.match(paired.stdout, /Paired with Living room .* as viewer/);
});

t.test("remote: a paired machine hands its place to another, once", async (t) => {
  const box = await startRealBox(t);
  const folder = await temporaryFolder(t);
  const env = { TELLYPORT_CREDENTIALS: join(folder, "first.json") };
  const next = { TELLYPORT_CREDENTIALS: join(folder, "next.json") };
  await run(["remote", "pair", box.access.openOffer().url], { env });
  const made = await run(["remote", "hand-off", "--json"], { env });
  t.equal(made.code, 0, made.stderr);
  const { url, expiresAt } = JSON.parse(made.stdout) as Record<string, string>;
  t.match(url, /^http:\/\/127\.0\.0\.1:\d+\/#h=1\.[\w-]{11}\.[\w-]{22}$/);
  t.ok(Date.parse(expiresAt ?? "") > Date.now());
  const args = ["remote", "pair", "--hand-off", url ?? ""];
  const paired = await run([...args, "--json"], { env: next });
  t.equal(paired.code, 0, paired.stderr);
  t.match(JSON.parse(paired.stdout), { role: "owner" });
  t.equal((await run(["remote", "channels"], { env: next })).code, 0);
  const again = await run([...args, "--json"], { env: next });
  t.equal(again.code, 69);
  t.match(JSON.parse(again.stderr), { code: "hand-off-used", status: 410 });

  const second = await run(["remote", "hand-off"], { env: next });
  const fragment = second.stdout.trim().slice(second.stdout.indexOf("#"));
  const address = `127.0.0.1:${box.ports.http}`;
  t.equal((await run(["remote", "pair", "--hand-off", fragment], { env })).code, 64, "of which box?");
  t.equal((await run(["remote", "pair", address, "--hand-off", fragment], { env })).code, 0);
  t.equal((await run(["remote", "pair", address, "--hand-off", fragment.slice(0, -1)], { env })).code, 64);
});

t.test("remote: what the box ends is told, with its reason", async (t) => {
  const box = await startRealBox(t);
  const env = { TELLYPORT_CREDENTIALS: join(await temporaryFolder(t), "c.json") };
  await run(["remote", "pair", box.access.openOffer().url], { env });

  const busy = await run(["remote", "play", "21", "--json"], { env });
  t.equal(busy.code, 69);
  t.match(JSON.parse(busy.stderr), { code: "no-tuner-free", detail: { free: ["c1"] } });

  const play = start(["remote", "play", "1"], { env });
  await eventually("the event stream", () => box.listening());
  box.endPlayback("p1", "displaced", "A recording needed the tuner.");
  const over = await play.done;
  t.equal(over.code, 69);
  t.equal(over.stderr, "tellyport: A recording needed the tuner.\n");

  t.match(await run(["remote", "play", "1", "--player", "mpv"], { env: { ...env, PATH: "/nowhere" } }), {
    code: 69,
    stderr: /mpv is not installed/,
  });
});

t.test("remote: an access token that has ended is refreshed, by two processes at once too", async (t) => {
  let ahead = 0;
  const clock: Clock = { ...systemClock, now: () => ms(systemClock.now() + ahead) };
  const box = await startRealBox(t, { clock });
  const path = join(await temporaryFolder(t), "c.json");
  const env = { TELLYPORT_CREDENTIALS: path };
  await run(["remote", "pair", box.access.openOffer().url], { env });
  const before = JSON.parse(await readFile(path, "utf8")) as { refreshToken: string };
  ahead = 15 * 60_000;
  const runs = await Promise.all([1, 2, 3].map(() => run(["remote", "channels", "--json"], { env })));
  t.same(
    runs.map(({ code, stderr }) => [code, stderr]),
    runs.map(() => [0, ""]),
  );
  const after = JSON.parse(await readFile(path, "utf8")) as { refreshToken: string };
  t.not(after.refreshToken, before.refreshToken, "the refresh token rotated");
});

t.test("remote: a revoked client is refused", async (t) => {
  const box = await startRealBox(t);
  const env = { TELLYPORT_CREDENTIALS: join(await temporaryFolder(t), "c.json") };
  await run(["remote", "pair", box.access.openOffer("viewer").url, "--name", "Phone"], { env });
  t.equal((await run(["clients", "revoke", "phone", "--state", box.state])).code, 0);
  t.equal((await run(["remote", "channels"], { env })).code, 77);
  t.equal((await run(["remote", "unpair"], { env })).code, 0, "and can still forget the box");
});

t.test("remote: https with the box's own certificate is pinned, and another one refused", async (t) => {
  const box = await startRealBox(t, { https: true });
  const path = join(await temporaryFolder(t), "c.json");
  const env = { TELLYPORT_CREDENTIALS: path };
  const url = `https://127.0.0.1:${box.ports.https}`;
  const paired = await run(["remote", "pair", url, "--code", box.access.openOffer().code], { env });
  t.equal(paired.code, 0, paired.stderr);

  const play = start(["remote", "play", "1", "--json"], { env });
  await eventually("the first line", () => play.out.stdout.includes("\n"));
  const { hls } = JSON.parse(play.out.stdout.split("\n")[0] ?? "") as { hls: string };
  t.match(hls, /^http:\/\/127\.0\.0\.1:\d+\/m\//, "a player is spared the certificate");
  const answer = await fetch(hls);
  t.same([answer.status, await answer.text()], [200, "#EXTM3U\n"]);
  t.equal((await fetch(new URL("/api/v1/box", hls))).status, 404, "nothing but media goes through");
  t.equal((await fetch(new URL("/m/forged/index.m3u8", hls))).status, 403);
  play.interrupt();
  t.equal((await play.done).code, 0);
  await t.rejects(fetch(hls), "the relay ended with the command");

  const credentials = await readFile(path, "utf8");
  await writeFile(path, credentials.replace(/("fingerprint": ")[0-9a-f]{4}/, "$10000"));
  const swapped = await run(["remote", "channels", "--json"], { env });
  t.equal(swapped.code, 77);
  t.match(JSON.parse(swapped.stderr), { code: "box-not-trusted" });
});

const address = Object.values(networkInterfaces())
  .flatMap((list) => list ?? [])
  .find(({ internal, family }) => !internal && family === "IPv4")?.address;
const skip = address === undefined && "this machine has no address but loopback";

t.test("remote: plain http beyond this machine turns to https by itself", { skip }, async (t) => {
  if (address === undefined) throw new Error("skipped without one");
  const box = await startRealBox(t, { https: true, address });
  const env = { TELLYPORT_CREDENTIALS: join(await temporaryFolder(t), "c.json") };
  const paired = await run(["remote", "pair", box.access.openOffer().url], { env });
  t.equal(paired.code, 0, paired.stderr);
  t.match(paired.stderr, new RegExp(`Using https://${address}:${box.ports.https}`));
  t.equal((await run(["remote", "channels"], { env })).code, 0);

  const plain = await startRealBox(t, { address });
  const refused = await run(["remote", "pair", plain.access.openOffer().url, "--json"], { env });
  t.equal(refused.code, 77);
  t.match(JSON.parse(refused.stderr), { code: "secure-origin-required" });
});
