import { readFileSync } from "node:fs";
import { createHmac, hkdfSync, randomBytes } from "node:crypto";
import { join } from "node:path";
import t from "tap";
import type { AuditEntry } from "../../src/protocol/access-api.ts";
import type { Box } from "../../src/protocol/api.ts";
import { RECOVERY_KDF, normaliseRecoveryCode, pairingProofBytes } from "../../src/protocol/pairing.ts";
import { eventually, runProgram, startDaemon, tellyport, CLI, type Daemon } from "../helpers/daemon.ts";
import { KeyPhone, onTheWire, type WireAnswer } from "../helpers/key-phone.ts";
import { temporaryFolder } from "../helpers/temporary.ts";
import { openEvents } from "../helpers/wire-stream.ts";

/** What may still go on after a revocation, ms. */
const AT_ONCE = 2000;

async function auditOf(box: Daemon): Promise<AuditEntry[]> {
  return (await box.local<{ entries: AuditEntry[] }>("GET", "/api/v1/audit?limit=200")).body.entries;
}

const boxOf = async (box: Daemon): Promise<Box> => (await onTheWire(box.url, "/api/v1/box")).body as Box;

/** Starts a channel of the mock. @returns the media playlist's address (path) */
async function watch(phone: KeyPhone): Promise<string> {
  const channel = await eventually("a channel is there", async () => {
    const { body } = await phone.call("GET", "/api/v1/channels");
    return (body.channels as { id: string; number: number }[]).find(({ number }) => number === 1)?.id;
  });
  const started = await phone.call("POST", "/api/v1/playback", { channel });
  if (started.status !== 200) throw new Error(JSON.stringify(started.body));
  const hls = String(started.body.hls);
  const { body } = await phone.send(hls);
  const media = /^(?!#).*\.m3u8$/m.exec(String(body))?.[0];
  return new URL(media ?? "", `${phone.origin}${hls}`).pathname;
}

t.test("T6: a stolen phone is out within two seconds, with everything that it has running", async (t) => {
  const box = await startDaemon(t);
  const owner = await KeyPhone.paired(box);
  const stolen = await KeyPhone.paired(box, "viewer");
  // The owner watches the same channel: the stream itself goes on, and would end the held answers by itself.
  await watch(owner);
  const playlist = await watch(stolen);
  const events = await openEvents(stolen);
  const text = String((await stolen.send(playlist)).body);
  const first = Number(/#EXT-X-MEDIA-SEQUENCE:(\d+)/.exec(text)?.[1]);
  const newest = first + (text.match(/#EXTINF/g) ?? []).length - 1;
  const answered = (request: Promise<WireAnswer>) =>
    request.then(
      ({ status }) => ({ status, at: performance.now() }),
      () => ({ status: 0, at: performance.now() }),
    );
  // As far ahead as may be asked for, and a part that is not there yet, over and over.
  const held = answered(stolen.send(`${playlist}?_HLS_msn=${newest + 2}`));
  let lastMedia = 0;
  let refused = 0;
  const loop = (async () => {
    while (refused === 0) {
      const current = String((await stolen.send(playlist).catch(() => null))?.body ?? "");
      const hint = /#EXT-X-PRELOAD-HINT:TYPE=PART,URI="([^"]+)"/.exec(current)?.[1];
      if (hint === undefined) break;
      const { status } = await stolen
        .send(new URL(hint, `${stolen.origin}${playlist}`).pathname)
        .catch(() => ({ status: 0 }));
      if (status === 200) lastMedia = performance.now();
      else refused = status;
    }
  })();
  await eventually("media come", () => lastMedia > 0);

  const removed = await owner.call("DELETE", `/api/v1/clients/${stolen.tokens?.client}`);
  t.equal(removed.status, 200);
  const from = performance.now();
  const api = await stolen.call("GET", "/api/v1/channels");
  t.same([api.status, api.body.code], [401, "client-revoked"], "the API");
  t.equal((await stolen.refresh()).status, 401, "its refresh token");
  const again = await stolen.send(playlist);
  t.ok([403, 410].includes(again.status), `the playlist: ${again.status}`);
  const answer = await held;
  t.ok([0, 403, 410].includes(answer.status), `the held playlist: ${answer.status}`);
  t.ok(answer.at - from < AT_ONCE, `the held playlist: ${Math.round(answer.at - from)} ms`);
  await loop;
  t.ok(lastMedia - from < AT_ONCE, `the last media: ${Math.round(lastMedia - from)} ms`);
  await events.over;
  t.ok(performance.now() - from < AT_ONCE, "its event stream");
  t.match((await auditOf(box))[0], { event: "request-refused", address: "127.0.0.1" });
  t.match(
    (await auditOf(box)).find(({ event }) => event === "client-revoked"),
    { client: stolen.tokens?.client, detail: { by: owner.tokens?.client } },
  );
  t.equal((await owner.call("GET", "/api/v1/channels")).status, 200);
});

t.test("T6: an owner ends every other client at once", async (t) => {
  const box = await startDaemon(t);
  const owner = await KeyPhone.paired(box);
  const others = await Promise.all([KeyPhone.paired(box, "owner"), KeyPhone.paired(box, "kid")]);
  const events = await Promise.all(others.map((one) => openEvents(one)));
  const ended = await owner.call("POST", "/api/v1/clients/end-others", { everybody: true });
  t.same([ended.status, ended.body], [200, { ended: 2 }]);
  const from = performance.now();
  await Promise.all(events.map(({ over }) => over));
  t.ok(performance.now() - from < AT_ONCE);
  for (const other of others) t.equal((await other.call("GET", "/api/v1/channels")).status, 401);
  t.equal((await owner.call("GET", "/api/v1/channels")).status, 200);
});

t.test(
  "T8: whoever uses a refresh token again ends the session, for thief and victim, and owners hear of it",
  async (t) => {
    const box = await startDaemon(t);
    const owner = await KeyPhone.paired(box);
    const victim = await KeyPhone.paired(box, "viewer");
    const watching = await openEvents(owner);
    const own = await openEvents(victim);
    const stolen = victim.tokens?.refreshToken;
    t.equal((await victim.refresh()).status, 200);
    t.equal(
      (await victim.refresh()).status,
      200,
      "the token after the stolen one was used: no answer can have been lost",
    );
    const before = await auditOf(box);
    t.notOk(before.some(({ event }) => event === "refresh-reused"));

    const thief = await victim.refresh(stolen);
    t.same([thief.status, thief.body.code], [401, "refresh-invalid"]);
    t.equal((await victim.refresh()).status, 401, "the victim's newest is no longer good");
    t.equal((await victim.call("GET", "/api/v1/channels")).status, 401, "nor is the access token");
    const from = performance.now();
    await own.over;
    t.ok(performance.now() - from < AT_ONCE, "its event stream ends");
    const notice = await eventually("the owner is told", () => watching.events("notice")[0], 5000);
    t.match(notice, { event: "refresh-reused", client: victim.tokens?.client, name: "Ada's phone" });
    t.match(
      (await auditOf(box)).find(({ event }) => event === "refresh-reused"),
      { client: victim.tokens?.client, address: "127.0.0.1", count: 1 },
    );
    await box.kill();
    const again = await startDaemon(t, { state: box.state });
    t.ok(
      (await auditOf(again)).some(({ event }) => event === "refresh-reused"),
      "it survives a power cut",
    );
  },
);

t.test("T16: a client's name, and an address asked for, write no line and steer no terminal", async (t) => {
  const box = await startDaemon(t);
  const owner = await KeyPhone.paired(box);
  const evil = `\u001b[2J\r\n{"level":30,"msg":"owner-approved"}\u202e\u0000x`;
  const phone = await KeyPhone.make(box);
  const body = await phone.claimBody(await box.openOffer("viewer"), "code", { name: evil });
  t.equal((await phone.claim(body)).status, 200);
  await owner.call("PATCH", `/api/v1/clients/${owner.tokens?.client}`, { name: evil });
  for (const path of ["/api/v1/clients/%1b%5b2J%0a", "/api/v1/audit?x=%0d%0aevil"])
    await onTheWire(box.url, path);
  const entries = await auditOf(box);
  t.ok(entries.some(({ event }) => event === "request-refused"));
  const table = await tellyport(["audit", "--state", box.state]);
  t.equal(table.code, 0);
  t.match(table.stdout, /owner-approved/, "the name is shown, as a name");
  for (const text of [JSON.stringify(entries), table.stdout.replaceAll("\n", "")])
    t.notMatch(text, /\\u00|[\p{Cc}\p{Cf}]/u);
  t.equal(
    table.stdout.trimEnd().split("\n").length,
    entries.length + 1,
    "a line for each entry, and no more",
  );
  t.notOk(box.log.some(({ msg }) => msg === "owner-approved"));
});

t.test("T17: a flood of refusals costs one entry, and pushes no deed out", async (t) => {
  const box = await startDaemon(t);
  const owner = await KeyPhone.paired(box);
  await owner.call("PATCH", `/api/v1/clients/${owner.tokens?.client}`, { name: "Anna" });
  for (let i = 0; i < 300; i++) {
    const from = `127.0.3.${i % 100}`;
    await onTheWire(box.url, "/api/v1/clients", { from });
  }
  const entries = await auditOf(box);
  const refusals = entries.filter(({ event }) => event === "request-refused");
  t.equal(refusals.length, 100, "one for each sender");
  t.equal(
    refusals.reduce((sum, { count }) => sum + count, 0),
    300,
  );
  t.match(refusals[0], { detail: { code: "access-token-missing", route: "/api/v1/clients" } });
  t.ok(entries.some(({ event }) => event === "client-changed"));
});

t.test("T20: pairing and watching at home need no cloud, and no network beyond", async (t) => {
  const box = await startDaemon(t);
  // The box's process has no connection to anybody, before and while a phone pairs and watches.
  const strangers = async (): Promise<string[]> => {
    const { stdout } = await runProgram("sh", ["-c", `ls -l /proc/${box.child.pid}/fd`]);
    const own = new Set([...stdout.matchAll(/socket:\[(\d+)\]/g)].map(([, inode]) => inode));
    return ["tcp", "tcp6", "udp", "udp6"].flatMap((table) =>
      readFileSync(`/proc/${box.child.pid}/net/${table}`, "utf8")
        .split("\n")
        .slice(1)
        .map((line) => line.trim().split(/\s+/))
        .filter((fields) => own.has(fields[9]))
        // Remote address: none (listening) or loopback, in the kernel's byte order.
        .filter(
          (fields) => !/^(0+|0100007F|0{24}0100007F|0000000000000000FFFF00000100007F):/.test(fields[2] ?? ""),
        )
        .map((fields) => `${table} ${fields[2]}`),
    );
  };
  t.same(await strangers(), []);
  const phone = await KeyPhone.paired(box);
  const playlist = await watch(phone);
  t.match((await phone.send(playlist)).body, /#EXTINF|#EXT-X-PART/);
  t.same(await strangers(), []);
});

/** What a phone sends that holds a recovery code. */
async function recoveryBody(box: Daemon, phone: KeyPhone, code: string): Promise<Record<string, unknown>> {
  const nonce = randomBytes(16).toString("base64url");
  const { id } = await boxOf(box);
  const { salt, info } = RECOVERY_KDF;
  const verifier = Buffer.from(hkdfSync("sha256", normaliseRecoveryCode(code) ?? "", salt, info, 32));
  const data = pairingProofBytes({ box: id, offer: "recovery", thumbprint: phone.thumbprint, nonce });
  return {
    offer: "recovery",
    proof: createHmac("sha256", verifier).update(data).digest("base64url"),
    nonce,
    key: phone.jwk,
    name: "New phone",
    terminalType: "mobile",
    refresh: "body",
  };
}

t.test(
  "recovery: an owner who lost the phone gets in with a code on paper, and shuts the thief out",
  async (t) => {
    let box = await startDaemon(t);
    const lost = await KeyPhone.paired(box);
    const { codes } = (await lost.call("POST", "/api/v1/recovery-codes")).body as { codes: string[] };
    const [first = "", second = ""] = codes;
    await box.kill();
    box = await startDaemon(t, {
      state: box.state,
      config: `http: {address: "127.0.0.1", port: ${box.http}, https: {port: ${box.https}}}\nannounce: {mdns: false, ssdp: off}\n`,
    });
    t.equal((await lost.call("GET", "/api/v1/clients")).status, 200, "who found the phone is still an owner");
    t.equal((await onTheWire(box.url, "/api/v1/recovery-codes")).status, 401);

    const url = `https://127.0.0.1:${box.https}`;
    const env = { ...process.env, TELLYPORT_CREDENTIALS: join(await temporaryFolder(t), "credentials.json") };
    const paired = await runProgram(
      process.execPath,
      [CLI, "remote", "pair", url, "--recovery-code", "-", "--json"],
      { env, input: `${first.toLowerCase()}\n` },
    );
    t.equal(paired.code, 0, paired.stderr);
    t.match(JSON.parse(paired.stdout), { role: "owner" });
    const used = await KeyPhone.make(box);
    t.equal((await used.claim(await recoveryBody(box, used, first))).body.code, "pairing-refused", "used up");
    const phone = await KeyPhone.make(box);
    const claimed = await phone.claim(await recoveryBody(box, phone, second));
    t.equal((await phone.poll(String(claimed.body.claim))).status, 200);
    t.same((await phone.call("POST", "/api/v1/clients/end-others", { everybody: true })).body, { ended: 2 });
    t.equal((await tellyport(["remote", "channels"], { env })).code, 77);
    t.equal((await lost.call("GET", "/api/v1/clients")).status, 401, "until the owner has ended it");
    const recovered = (await auditOf(box)).filter(({ event }) => event === "owner-recovered");
    t.equal(recovered.length, 2);
    t.match(recovered[0], { client: phone.tokens?.client, detail: { by: "code" } });
    const everything = box.output() + JSON.stringify(await auditOf(box));
    for (const code of codes)
      t.notOk(everything.includes(code) || everything.includes(code.replaceAll("-", "")));
  },
);

t.test("recovery: `owner recover` opens the box for an owner after a guesser closed it", async (t) => {
  const box = await startDaemon(t);
  const owner = await KeyPhone.paired(box);
  const events = await openEvents(owner);
  const guesser = await KeyPhone.make(box);
  let guesses = 0;
  while ((await boxOf(box)).pairing !== "closed" || guesses < 20) {
    const offer = await box.openOffer("viewer");
    const wrong = offer.code === "BBBB-BBBB" ? "CCCC-CCCC" : "BBBB-BBBB";
    for (let i = 0; i < 5; i++) {
      guesser.from = `127.0.4.${++guesses}`;
      await guesser.claim(await guesser.claimBody({ ...offer, code: wrong }));
    }
    if (guesses >= 20) break;
  }
  t.equal((await boxOf(box)).pairing, "closed");
  const { code, stdout } = await tellyport(["owner", "recover", "--json", "--state", box.state]);
  t.equal(code, 0);
  const phone = await KeyPhone.make(box);
  t.equal((await phone.pair(JSON.parse(stdout) as { code: string; url: string })).status, 200);
  t.equal(phone.tokens?.role, "owner");
  await eventually("the owner is told", () =>
    events.events("notice").some(({ event }) => event === "owner-recovered"),
  );
});
