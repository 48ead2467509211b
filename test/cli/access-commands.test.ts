import { join } from "node:path";
import t from "tap";
import { auditWords } from "../../src/cli/audit-words.ts";
import { widthOf } from "../../src/cli/text.ts";
import type { AuditEntry } from "../../src/protocol/access-api.ts";
import { AUDIT_EVENTS } from "../../src/protocol/audit-events.ts";
import { temporaryFolder } from "../helpers/temporary.ts";
import { startRealBox, type RealBox } from "./real-box.ts";
import { run } from "./run-command.ts";

/** Pairs a client over the box's http door. @returns its environment */
async function pair(t: Parameters<typeof temporaryFolder>[0], box: RealBox, name: string, role = "viewer") {
  const env = { TELLYPORT_CREDENTIALS: join(await temporaryFolder(t), "credentials.json") };
  const { url } = box.access.openOffer(role === "owner" ? "owner" : "viewer");
  const paired = await run(["remote", "pair", url, "--name", name], { env });
  if (paired.code !== 0) throw new Error(paired.stderr);
  return env;
}

t.test("audit command: a line for each entry, newest first, within the terminal", async (t) => {
  const box = await startRealBox(t);
  t.match((await run(["audit", "--state", box.state])).stdout, /^Nothing has happened yet/);
  await pair(t, box, "Anna's phone");
  await run(["clients", "rename", "Anna's phone", "Kitchen", "--state", box.state]);
  await run(["clients", "revoke", "Kitchen", "--state", box.state]);
  box.access.audit.note({
    event: "pairing-refused",
    name: "\u001b[31mowner\napproved",
    address: "203.0.113.9",
    detail: { agent: "\u001b]0;x\u0007" },
  });
  const table = await run(["audit", "--state", box.state], { columns: 80 });
  t.equal(table.code, 0);
  const lines = table.stdout.trimEnd().split("\n");
  t.match(lines[0], /^When +Who +What +From$/);
  t.match(lines[1], /\[31mowner appr\S* +wrong or old pairing code .*203\.0\.113\.9/);
  t.match(lines[2], /Kitchen +was removed \(by this box\)/);
  t.match(lines[3], /Anna's phone +was changed \(name Kitchen/);
  t.notMatch(table.stdout, /\u001b|\u0007/);
  for (const line of lines) t.ok(widthOf(line) <= 80, line);

  const json = await run(["audit", "--limit", "2", "--json", "--state", box.state]);
  const { entries } = JSON.parse(json.stdout) as { entries: AuditEntry[] };
  t.same(
    entries.map(({ event }) => event),
    ["pairing-refused", "client-revoked"],
  );
  for (const limit of ["0", "2001", "x", "-1", "1.5"])
    t.equal((await run(["audit", "--limit", limit, "--state", box.state])).code, 64, limit);
});

t.test("audit command: alarms alone", async (t) => {
  const box = await startRealBox(t);
  await pair(t, box, "Kitchen");
  for (let i = 0; i < 60; i++) box.access.audit.note({ event: "offer-opened", detail: { i } });
  const { stdout } = await run(["audit", "--alarms", "--state", box.state]);
  const lines = stdout.trimEnd().split("\n");
  t.equal(lines.length, 2);
  t.match(lines[1], /Kitchen +was paired/);
});

t.test("audit command: more entries than the box gives at a time", async (t) => {
  const box = await startRealBox(t);
  for (let i = 0; i < 450; i++) box.access.audit.note({ event: "offer-opened", detail: { i } });
  const { stdout } = await run(["audit", "--limit", "420", "--json", "--state", box.state]);
  const { entries } = JSON.parse(stdout) as { entries: AuditEntry[] };
  t.same(
    entries.map(({ detail }) => detail["i"]),
    Array.from({ length: 420 }, (_, i) => 449 - i),
  );
});

t.test("audit command: has words for every event, and shows those of a newer box as they are", async (t) => {
  const entry = { id: 1, at: "", client: null, name: null, address: null, count: 3 };
  for (const event of AUDIT_EVENTS) {
    const words = auditWords({ ...entry, event, detail: { until: "x" } });
    t.not(words, `${event} ×3`);
    t.match(words, /^[a-z].* ×3$/i);
  }
  const recovery = (event: string, by: string) => auditWords({ ...entry, event, count: 1, detail: { by } });
  t.match(recovery("owner-recovered", "box"), /^recovery was opened at the box/);
  t.match(recovery("owner-recovered", "code"), /^became an owner by a recovery code/);
  t.match(
    recovery("client-paired", "recovery"),
    /^became an owner by the recovery that was opened at the box/,
  );
  t.match(recovery("client-paired", "qr"), /^was paired/);
  const refused = {
    ...entry,
    event: "provision-refused",
    count: 1,
    detail: { error: "line 4: no such key." },
  };
  t.match(auditWords(refused), /in force \(line 4: no such key\)$/);
  t.equal(auditWords({ ...entry, event: "new-thing", count: 1, detail: { a: 1 } }), "new-thing (a 1)");
});

t.test("audit command: facts are for a person: names, roles, durations", (t) => {
  const entry = { id: 1, at: "", client: "kim", name: "Kim", address: null, count: 1 };
  const nameOf = (client: string): string => (client === "anna" ? "Anna's phone" : client);
  const words = (event: string, detail: AuditEntry["detail"]): string =>
    auditWords({ ...entry, event, detail }, nameOf);
  for (const [event, detail, said] of [
    [
      "watched",
      {
        channel: "mock.1.2",
        name: "Harbour One",
        home: true,
        reason: "playback-ended",
        seconds: 6.079998731613159,
      },
      "has watched (Harbour One, at home, for 6 s)",
    ],
    [
      "watched",
      { channel: "c", name: "News", home: false, reason: "displaced", seconds: 4795 },
      "has watched (News, away from home, displaced, for 1 h 20 min)",
    ],
    [
      "client-changed",
      { role: "kid", roleBefore: "viewer", by: "anna" },
      "was changed (role from viewer to kid, by Anna's phone)",
    ],
    ["client-changed", { name: "Kitchen", by: "local" }, "was changed (name Kitchen, by this box)"],
    [
      "client-paired",
      { role: "viewer", kind: "key", by: "code" },
      "was paired (role viewer, by the pairing code)",
    ],
    [
      "client-paired",
      { role: "viewer", kind: "lan", by: "qr" },
      "was paired (role viewer, as a LAN viewer, by the QR code)",
    ],
    ["owner-recovered", { by: "code" }, "became an owner by a recovery code"],
    [
      "owner-recovered",
      { by: "box", offer: "xyz" },
      "recovery was opened at the box: whoever pairs with its code becomes an owner",
    ],
    ["pin-changed", { set: false }, "changed the PIN (there is none any more)"],
    ["pin-locked", { minutes: 15 }, "too many wrong PINs (for 15 min)"],
    [
      "handed-over",
      { role: "viewer", kind: "key", from: "anna" },
      "was opened from a browser that is paired (role viewer, from Anna's phone)",
    ],
  ] as const)
    t.equal(words(event, detail), said);
  t.match(
    words("clock-stepped", { from: "1970-01-01T00:00:10.000Z", to: "2026-11-20T12:00:00.000Z" }),
    /^the box's clock was set \(from 19\d\d-\d\d-\d\d \d\d:\d\d, to 2026-11-2\d \d\d:\d\d\)$/,
  );
  t.end();
});

t.test("clients list: whose place a client took up", async (t) => {
  const box = await startRealBox(t, { https: true });
  const list = async (): Promise<string> => (await run(["clients", "list", "--state", box.state])).stdout;
  const env = await pair(t, box, "Anna's phone", "owner");
  t.notMatch(await list(), /In place of/);
  const { url } = JSON.parse((await run(["remote", "hand-off", "--json"], { env })).stdout) as {
    url: string;
  };
  const other = { TELLYPORT_CREDENTIALS: join(await temporaryFolder(t), "credentials.json") };
  const taken = await run(["remote", "pair", "--hand-off", url, "--name", "Laptop"], { env: other });
  t.equal(taken.code, 0, taken.stderr);
  t.match(await list(), /In place of\n(.*\n)*.*Laptop .* Anna's phone\n/);
  t.match(
    (await run(["audit", "--state", box.state])).stdout,
    /Laptop +was opened from .*from Anna's phone\)/,
  );
});

t.test("clients rename: what is no name is said to be none", async (t) => {
  const box = await startRealBox(t);
  await pair(t, box, "Kim");
  for (const name of ["", "  ", "x".repeat(65)])
    t.match(await run(["clients", "rename", "Kim", name, "--state", box.state]), {
      code: 64,
      stderr: "tellyport: A name has 1 to 64 characters, one of them a letter.\n",
    });
});

t.test("clients revoke: the last owner goes by a yes alone", async (t) => {
  const box = await startRealBox(t);
  await pair(t, box, "Kitchen");
  await pair(t, box, "Anna's phone", "owner");
  await pair(t, box, "Ben's phone", "owner");
  const revoke = (which: string, options: Parameters<typeof run>[1] = {}, ...more: string[]) =>
    run(["clients", "revoke", which, ...more, "--state", box.state], options);
  const answer = (text: string, asked: string[]) => async (question: string) => (asked.push(question), text);
  t.equal((await revoke("Ben's phone")).code, 0, "another owner stays");
  const silent = await revoke("Anna's phone");
  t.equal(silent.code, 64);
  t.match(silent.stderr, /no owner left.*`tellyport owner recover`.*--yes/s);
  t.equal((await revoke("--all")).code, 64);
  const asked: string[] = [];
  t.not((await revoke("Anna's phone", { ask: answer("no", asked) })).code, 0);
  t.match(asked, [/no owner left.*owner recover.*Type yes/s]);
  t.equal((await revoke("Kitchen")).code, 0, "anybody else goes unasked");
  t.match((await revoke("Anna's phone", { ask: answer("yes", asked) })).stdout, /may no longer watch/);
});

t.test("clients revoke: all of them, but not by accident", async (t) => {
  const box = await startRealBox(t);
  const env = await pair(t, box, "Anna's phone", "owner");
  await pair(t, box, "Kitchen");
  t.equal((await run(["clients", "revoke", "--state", box.state])).code, 64);
  t.equal((await run(["clients", "revoke", "Kitchen", "--all", "--state", box.state])).code, 64);
  const all = await run(["clients", "revoke", "--all", "--yes", "--state", box.state]);
  t.match([all.code, all.stdout], [0, /^2 clients removed/]);
  t.equal((await run(["remote", "channels"], { env })).code, 77);
  t.same(JSON.parse((await run(["clients", "revoke", "--all", "--json", "--state", box.state])).stdout), {
    ended: 0,
  });
});

t.test("recovery codes: made on the box, redeemed from afar, by hand or from standard input", async (t) => {
  const box = await startRealBox(t, { https: true });
  const made = await run(["recovery-codes", "--state", box.state]);
  t.equal(made.stdout.match(/^ {2}([A-Z]{4}-){4}[A-Z]{4}$/gm)?.length, 10);
  const { codes } = JSON.parse(
    (await run(["recovery-codes", "--yes", "--json", "--state", box.state])).stdout,
  ) as {
    codes: string[];
  };
  const url = `https://127.0.0.1:${box.ports.https}`;
  const folder = await temporaryFolder(t);
  const env = { TELLYPORT_CREDENTIALS: join(folder, "credentials.json") };
  const pairWith = (words: readonly string[], answer = "") =>
    run(["remote", "pair", url, "--recovery-code", ...words, "--json"], {
      env,
      readSecret: async () => answer,
    });
  t.equal((await pairWith(["ABC"])).code, 64, "no such code can be");
  t.equal((await pairWith([made.stdout.match(/[A-Z-]{24}/)?.[0] ?? ""])).code, 77, "an earlier one");
  t.match(JSON.parse((await pairWith([codes[0] ?? ""])).stdout), { role: "owner" });
  t.equal((await pairWith([codes[0] ?? ""])).code, 77, "used up");
  t.match(JSON.parse((await pairWith(["-"], codes[1]?.toLowerCase() ?? "")).stdout), { role: "owner" });
  t.match(
    JSON.parse((await pairWith([], codes[2])).stdout),
    { role: "owner" },
    "without a value it is asked for",
  );
  t.equal((await pairWith([])).code, 64, "an empty input is no code");
  const help = (await run(["remote", "pair", "--help"])).stdout.replace(/\s+/g, " ");
  t.match(help, /--recovery-code \[CODE\] .*every program of this machine can read it/);
});

t.test("recovery codes: those that are still good are not voided by accident", async (t) => {
  const box = await startRealBox(t);
  const make = (more: string[] = [], options: Parameters<typeof run>[1] = {}) =>
    run(["recovery-codes", ...more, "--json", "--state", box.state], options);
  t.equal((await make()).code, 0, "there were none");
  const silent = await make();
  t.equal(silent.code, 64);
  t.match(silent.stderr, /10 recovery codes are still good.*recovery-codes --yes/s);
  t.not((await make([], { ask: async () => "no" })).code, 0);
  t.equal((await make([], { ask: async () => "yes" })).code, 0);
  t.equal((await make(["--yes"])).code, 0);
});

t.test("owner recover: opens an offer for an owner", async (t) => {
  const box = await startRealBox(t);
  const { stdout } = await run(["owner", "recover", "--json", "--state", box.state]);
  const offer = JSON.parse(stdout) as { code: string; url: string };
  t.same(Object.keys(offer), ["code", "url", "expiresAt"]);
  const env = { TELLYPORT_CREDENTIALS: join(await temporaryFolder(t), "credentials.json") };
  const paired = await run(["remote", "pair", offer.url, "--json"], { env });
  t.match(JSON.parse(paired.stdout), { role: "owner" });
  t.match((await run(["owner", "recover", "--state", box.state])).stdout, /which becomes an owner/);
});
