import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import t from "tap";
import { chromium } from "playwright-core";
import { parseHandOffFragment, parsePairingFragment } from "../../src/protocol/pairing.ts";
import { CLI, eventually, startDaemon, tellyport, type Daemon } from "../helpers/daemon.ts";
import { KeyPhone } from "../helpers/key-phone.ts";
import { recorder, type Exchange } from "../helpers/recorder.ts";
import { temporaryFolder } from "../helpers/temporary.ts";
import { PHONE, until, watching } from "./app-under-test.ts";
import { CHROMIUM, skipWithoutBrowser } from "./fake-media.ts";

/** Everything that opens a door, by what it is. */
class Secrets {
  readonly #known = new Map<string, string>();

  add(what: string, ...values: (string | null | undefined)[]): void {
    for (const value of values)
      if (value !== null && value !== undefined && value.length >= 4) this.#known.set(value, what);
  }

  kinds(): string[] {
    return [...new Set(this.#known.values())].sort();
  }

  /** What of them is in a text. */
  in(text: string): string[] {
    return [...this.#known].filter(([value]) => text.includes(value)).map(([, what]) => what);
  }
}

/** Finds what was given out in the exchanges, wherever it stood. */
function collect(secrets: Secrets, exchanges: readonly Exchange[]): void {
  for (const { headers, sent, received, answerHeaders, url } of exchanges) {
    const authorization = /^DPoP (.+)$/.exec(headers.authorization ?? "")?.[1];
    secrets.add("accessToken", authorization);
    secrets.add("proof", typeof headers["dpop"] === "string" ? headers["dpop"] : null);
    for (const cookie of answerHeaders["set-cookie"] ?? [])
      secrets.add("cookie", /=([^;]+)/.exec(cookie)?.[1]);
    for (const text of [sent, received]) {
      for (const [, name = "", value = ""] of text.matchAll(/"(\w+)":"([^"]{4,})"/g)) {
        if (["accessToken", "refreshToken", "claim", "secret", "proof", "pin"].includes(name))
          secrets.add(name, value);
        if (name === "code" && /^[B-Z]{4}-[B-Z]{4}/.test(value))
          secrets.add("code", value, value.replaceAll("-", ""));
        if (name === "fragment" || name === "url") addFragment(secrets, value);
        if (name === "hls") secrets.add("grant", value.split("/")[2]);
      }
      for (const [code] of text.matchAll(/"(?:[B-Z]{4}-){4}[B-Z]{4}"/g))
        secrets.add("recovery code", code.slice(1, -1), code.slice(1, -1).replaceAll("-", ""));
    }
    secrets.add("grant", /^\/m\/([^/]{40,})\//.exec(url)?.[1]);
  }
}

function addFragment(secrets: Secrets, url: string): void {
  const hash = url.slice(Math.max(0, url.indexOf("#")));
  secrets.add("offer secret", parsePairingFragment(hash)?.secret);
  secrets.add("hand-off secret", parseHandOffFragment(hash)?.secret);
}

async function keysOf(box: Daemon, secrets: Secrets): Promise<void> {
  const identity = await readFile(join(box.state, "identity.key"), "utf8");
  secrets.add("identity key", identity.split("\n")[1]);
  const keys = await readFile(join(box.state, "access-keys.json"), "utf8");
  for (const [, line] of keys.matchAll(/-----\\n([A-Za-z0-9+/=]{40,}?)\\n/g))
    secrets.add("signing key", line);
  secrets.add("refresh key", /"refresh":\s*"([^"]+)"/.exec(keys)?.[1]);
}

t.test(
  "T17: after a day of a browser and a command line no secret is in a log, the audit, an address or a Referer",
  { skip: skipWithoutBrowser() },
  async (t) => {
    t.setTimeout(240_000);
    const box = await startDaemon(t, {
      config:
        'http: {address: "127.0.0.1", port: 0, https: {port: 0}}\nannounce: {mdns: false, ssdp: off}\nlog: {level: trace}\n',
    });
    const { url, exchanges } = await recorder(t, box.http);
    const secrets = new Secrets();
    const browser = await chromium.launch({ executablePath: CHROMIUM });
    t.teardown(() => browser.close());

    t.comment("a phone pairs by QR code, and watches");
    const first = await box.openOffer();
    secrets.add("code", first.code, first.code.replace("-", ""));
    addFragment(secrets, first.url);
    const page = await (await browser.newContext({ locale: "en-GB", ...PHONE })).newPage();
    page.setDefaultTimeout(30_000);
    await page.goto(`${url}/${new URL(first.url).hash}`);
    await page.click("[data-action=pair]");
    await page.waitForSelector("[data-screen=channels]");
    await page.click("[data-channel]:not([aria-disabled=true])");
    await until(
      () => watching(page),
      ({ frames }) => frames > 10,
      45_000,
    );
    await page.reload();
    await until(
      () => watching(page),
      ({ frames }) => frames > 10,
      45_000,
    );

    t.comment("the command line pairs by code, lists, watches, and unpairs");
    const second = await box.openOffer("viewer");
    secrets.add("code", second.code, second.code.replace("-", ""));
    addFragment(secrets, second.url);
    const env = { ...process.env, TELLYPORT_CREDENTIALS: join(await temporaryFolder(t), "credentials.json") };
    const logs: string[] = [];
    const run = async (...args: string[]): Promise<string> => {
      const { code, stdout, stderr } = await tellyport(["remote", ...args], { env });
      t.equal(code, 0, `remote ${args[0]}: ${stderr}`);
      logs.push(stderr);
      return stdout;
    };
    await run("pair", url, "--code", second.code, "--json");
    const credentials = await readFile(env.TELLYPORT_CREDENTIALS, "utf8");
    secrets.add("client key", /"d":\s*"([^"]+)"/.exec(credentials)?.[1]);
    await run("channels", "--json");
    const play = spawn(process.execPath, [CLI, "remote", "play", "1", "--json"], { env });
    t.teardown(() => void play.kill("SIGKILL"));
    await once(play.stdout, "data");
    await eventually("it plays", () => exchanges.some(({ method }) => method === "POST"));
    play.kill("SIGTERM");
    await once(play, "exit");
    const handedOver = JSON.parse(await run("hand-off", "--json")) as { url: string };
    addFragment(secrets, handedOver.url);
    const elsewhere = {
      ...process.env,
      TELLYPORT_CREDENTIALS: join(await temporaryFolder(t), "credentials.json"),
    };
    const there = await tellyport(["remote", "pair", url, "--hand-off", new URL(handedOver.url).hash], {
      env: elsewhere,
    });
    t.equal(there.code, 0, there.stderr);
    await run("unpair");

    t.comment("an owner comes back by a recovery code, and a kid types the PIN");
    const made = await tellyport(["recovery-codes", "--yes", "--json", "--state", box.state]);
    const { codes } = JSON.parse(made.stdout) as { codes: string[] };
    for (const code of codes) secrets.add("recovery code", code, code.replaceAll("-", ""));
    const recovered = await tellyport(["remote", "pair", url, "--recovery-code", codes[0] ?? "", "--json"], {
      env: { ...process.env, TELLYPORT_CREDENTIALS: join(await temporaryFolder(t), "credentials.json") },
    });
    t.equal(recovered.code, 0, recovered.stderr);
    logs.push(there.stderr, recovered.stderr);
    const pin = "739154";
    secrets.add("pin", pin);
    t.equal((await box.local("PUT", "/api/v1/parental-pin", { pin })).status, 204);
    const kid = await KeyPhone.paired(box, "kid", url);
    t.equal((await kid.call("POST", "/api/v1/clients/self/unlock", { pin: "111111" })).status, 403);
    t.equal((await kid.call("POST", "/api/v1/clients/self/unlock", { pin })).status, 200);

    t.comment("somebody tries what he must not");
    await fetch(`${url}/api/v1/channels`, {
      headers: { authorization: "DPoP stolen.token.here", dpop: "made.up.proof" },
    });
    await fetch(`${url}/m/${"A".repeat(120)}/index.m3u8`);

    collect(secrets, exchanges);
    await keysOf(box, secrets);
    await page.close();
    for (const kind of [
      "accessToken",
      "claim",
      "client key",
      "code",
      "grant",
      "identity key",
      "hand-off secret",
      "offer secret",
      "pin",
      "proof",
      "recovery code",
      "refresh key",
      "refreshToken",
      "signing key",
    ])
      t.ok(secrets.kinds().includes(kind), `there was a ${kind} to be found`);
    t.same(secrets.in(box.output()), [], "none in the box's log at its loudest");
    t.same(secrets.in(logs.join("\n")), [], "none in what the command line says");
    const audit = await box.local("GET", "/api/v1/audit?limit=200");
    t.equal(audit.status, 200);
    t.same(secrets.in(JSON.stringify(audit.body)), [], "none in the audit log");
    const others = exchanges.filter(({ url: path }) => !path.startsWith("/m/"));
    t.ok(others.length > 20, `${others.length} requests that are not for media`);
    for (const { method, url: path } of others)
      t.same(secrets.in(path), [], `${method} ${path.replace(/\?.*/, "")}`);
    const referred = exchanges.flatMap(({ headers }) => headers.referer ?? []);
    t.same(
      referred.flatMap((text) => secrets.in(text)),
      [],
      "none in a Referer",
    );
  },
);
