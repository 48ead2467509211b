import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { KeyObject } from "node:crypto";
import t from "tap";
import {
  CertificateKeeper,
  certificateFiles,
  type CertificateAuthority,
  type CertificateFiles,
} from "../../../src/ddns-client/certificates/index.ts";
import { EMPTY_LEDGER } from "../../../src/ddns-client/certificates/ledger.ts";
import { TellyportError } from "../../../src/kernel/errors.ts";
import { eventually, runProgram } from "../../helpers/daemon.ts";
import { FakeClock } from "../../helpers/fake-clock.ts";
import { skipWithoutProgram } from "../../helpers/programs.ts";
import { temporaryFolder, type Teardown } from "../../helpers/temporary.ts";
import { keptLog } from "./box.ts";
import { madeCertificate } from "./made-certificate.ts";

const skip = skipWithoutProgram("openssl");
const MINUTE = 60_000;
const NAMES = ["a.test", "*.a.test"];

/** An authority in this process: OpenSSL signs, and it fails when told to. */
class OfficeAuthority implements CertificateAuthority {
  readonly id = "office";
  orders = 0;
  failing: TellyportError | null = null;
  names: readonly string[] | null = null;
  readonly #t: Teardown;

  constructor(t: Teardown) {
    this.#t = t;
  }

  async order(): Promise<string> {
    this.orders++;
    if (this.failing !== null) throw this.failing;
    return `order ${this.orders}`;
  }

  async findOrder(): Promise<null> {
    return null;
  }

  async finish(_order: string, names: readonly string[], key: KeyObject) {
    const folder = await temporaryFolder(this.#t);
    const file = join(folder, "key.pem");
    await writeFile(file, key.export({ type: "pkcs8", format: "pem" }));
    const all = (this.names ?? names).map((name) => `DNS:${name}`).join(",");
    const made = await runProgram("openssl", [
      ...["req", "-x509", "-key", file, "-subj", "/CN=x", "-days", "30"],
      ...["-addext", `subjectAltName=${all}`],
    ]);
    return { chain: made.stdout };
  }

  async renewal(): Promise<null> {
    return null;
  }
}

async function stage(t: Teardown, state?: string, disk: Partial<CertificateFiles> = {}) {
  const folder = state ?? (await temporaryFolder(t));
  const clock = new FakeClock(Date.now() + MINUTE);
  const authority = new OfficeAuthority(t);
  const log = keptLog();
  const trust = { clock: true };
  const keeper = new CertificateKeeper({
    authority,
    challenges: { publish: async () => undefined, clear: async () => undefined },
    files: { ...certificateFiles(folder), ...disk },
    clock,
    log,
    random: () => 0,
    clockTrusted: () => trust.clock,
    ordersPerWeek: 6,
  });
  t.teardown(() => keeper.stop());
  return { keeper, clock, authority, log, trust, folder };
}

t.test("no clock, no order; then quick tries, and slower ones", { skip }, async (t) => {
  const { keeper, clock, authority, trust } = await stage(t);
  trust.clock = false;
  await keeper.start();
  keeper.want(NAMES);
  await clock.advanceAsync(10 * MINUTE, MINUTE);
  t.equal(authority.orders, 0);
  t.equal(keeper.state().phase, "clock");
  trust.clock = true;
  authority.failing = new TellyportError("acme-failed", "not now");
  const tries: number[] = [];
  for (let minute = 0; minute < 200; minute++) {
    const before = authority.orders;
    clock.advance(MINUTE);
    await eventually("it rests", () => keeper.state().phase === "none", 5000, 1);
    if (authority.orders > before) {
      tries.push(minute);
      // The ledger is written by the disk's own time.
      await eventually("it is written down", () => keeper.state().problem?.retryAt, 5000, 1);
    }
  }
  t.same(tries, [0, 1, 6, 21, 81], "after 1, 5, 15 and 60 minutes");
  t.match(keeper.state(), { phase: "none", problem: { code: "acme-failed", message: "not now" } });
  keeper.tryNow();
  await eventually("a try at once", () => authority.orders === 6);
  authority.failing = null;
  await eventually("it rests", () => keeper.state().phase === "none", 5000, 1);
  keeper.tryNow();
  const served = await eventually("the order that was begun is gone on with", () => keeper.current());
  t.same(served.names, NAMES);
  t.match(keeper.state(), { phase: "good", problem: null });
});

t.test("what an authority sends is looked at before the old one goes", { skip }, async (t) => {
  const state = await temporaryFolder(t);
  const old = await madeCertificate(t, ["a.test"]);
  await writeFile(join(state, "online.pem"), old.key + old.cert);
  const { keeper, authority, folder } = await stage(t, state);
  authority.names = ["evil.test"];
  await keeper.start();
  t.equal(keeper.current()?.names[0], "a.test", "it is there from the first moment");
  keeper.want(NAMES);
  const problem = await eventually("a problem", () => keeper.state().problem);
  t.match(problem, { code: "acme-failed", message: /of no use: it is not for a\.test/ });
  t.equal((await readFile(join(folder, "online.pem"), "utf8")).includes(old.cert.trim()), true);
  t.same(keeper.current()?.names, ["a.test"]);
});

t.test("a full disk keeps no box from beginning with the certificate that it has", { skip }, async (t) => {
  const state = await temporaryFolder(t);
  const { key, cert } = await madeCertificate(t, ["a.test"]);
  await writeFile(join(state, "online.pem"), key + cert);
  // The power was cut after the certificate and before this file.
  const order = { authority: "office", names: ["a.test"], key, url: "order 1" };
  await writeFile(join(state, "online-order.json"), JSON.stringify({ ...EMPTY_LEDGER, order }));
  const full = Object.assign(new Error("no space left on device"), { code: "ENOSPC" });
  const { keeper, log } = await stage(t, state, { write: () => Promise.reject(full) });
  await keeper.start();
  t.equal(keeper.current()?.names[0], "a.test");
  t.equal(log.lines.filter(({ event }) => event === "certificate-file-unwritten").length, 1);
});

t.test("files that are damaged cost one order", { skip }, async (t) => {
  const state = await temporaryFolder(t);
  for (const file of ["online.pem", "online-order.json", "online-account.json"])
    await writeFile(join(state, file), "{ nonsense");
  const { keeper, authority, log } = await stage(t, state);
  await keeper.start();
  keeper.want(NAMES);
  await eventually("a certificate", () => keeper.current());
  t.equal(authority.orders, 1);
  t.equal(log.lines.filter(({ event }) => event === "certificate-file-unreadable").length, 2);
  t.equal(keeper.ownKeys().length > 0, true);
});
