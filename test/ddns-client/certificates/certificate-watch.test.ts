import { createServer } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import t from "tap";
import {
  CertificateWatch,
  certificateFiles,
  httpCertificateLog,
  type CertificateLog,
  type LogEntry,
} from "../../../src/ddns-client/certificates/index.ts";
import { foreignCertificates } from "../../../src/ddns-client/certificates/certificate-log.ts";
import { assemble } from "../../../src/ddns-client/certificates/chain.ts";
import { systemClock } from "../../../src/kernel/clock.ts";
import { TellyportError } from "../../../src/kernel/errors.ts";
import { createSafeFetch } from "../../../src/kernel/safe-fetch/index.ts";
import { eventually } from "../../helpers/daemon.ts";
import { FakeClock } from "../../helpers/fake-clock.ts";
import { skipWithoutProgram } from "../../helpers/programs.ts";
import { temporaryFolder } from "../../helpers/temporary.ts";
import { keptLog } from "./box.ts";
import { madeCertificate } from "./made-certificate.ts";

const [OURS, THEIRS] = ["a".repeat(64), "b".repeat(64)];
const BOX = "abcdefghijklmnop.box.test";
const entry = (id: number, names: string[], key: string | null = THEIRS): LogEntry => ({
  id,
  names,
  issuer: "CA",
  notBefore: 0,
  notAfter: 1,
  serial: "01",
  key,
});

t.test("T19: whose certificate is foreign", (t) => {
  const isForeign = (names: string[], key: string | null = THEIRS): boolean =>
    foreignCertificates([entry(1, names, key)], [BOX, "living.box.test"], new Set([OURS])).length === 1;
  for (const names of [[BOX], [`*.${BOX}`], [`lan.${BOX}`], ["*.box.test"], ["x.test", "LIVING.box.test"]])
    t.ok(isForeign(names), names.join());
  for (const names of [["box.test"], ["x.box.test"], [`x${BOX}`], ["*.test"], [`${BOX}.evil.test`], []])
    t.notOk(isForeign(names), names.join());
  t.notOk(isForeign([BOX], OURS), "our own key");
  t.ok(isForeign([BOX], null), "one whose key nobody knows");
  t.end();
});

t.test(
  "T19: a foreign certificate is told once, over restarts, and a feed that fails is asked again",
  async (t) => {
    const files = certificateFiles(await temporaryFolder(t));
    const entries = [entry(5, [BOX], OURS), entry(9, [`lan.${BOX}`])];
    const asked: (number | null)[] = [];
    let isBroken = false;
    const feed: CertificateLog = {
      async since(_names, after) {
        asked.push(after);
        if (isBroken) throw new TellyportError("certificate-log-unread", "away");
        return entries.filter(({ id }) => id > (after ?? -1));
      },
    };
    const clock = new FakeClock();
    const log = keptLog();
    const told: number[] = [];
    const begin = async (): Promise<CertificateWatch> => {
      const deps = { feed, files, clock, log, random: () => 0, names: () => [BOX], ownKeys: () => [OURS] };
      const watch = new CertificateWatch(deps);
      watch.onForeign(({ id }) => told.push(id));
      await watch.start();
      return watch;
    };
    let watch = await begin();
    await eventually("told", () => told.length === 1, 5000, 5);
    await eventually("written down", () => files.read("online-log.json", (text) => text), 5000, 5);
    await watch.stop();
    watch = await begin();
    await eventually("asked behind it", () => asked.at(-1) === 9, 5000, 5);
    isBroken = true;
    clock.advance(6 * 3600_000);
    await eventually(
      "a line",
      () => log.lines.some(({ event }) => event === "certificate-log-unread"),
      5000,
      5,
    );
    isBroken = false;
    entries.push(entry(12, [BOX], null));
    clock.advance(6 * 3600_000);
    await eventually("told of the next", () => told.length === 2, 5000, 5);
    t.same(told, [9, 12]);
    await watch.stop();
  },
);

t.test("T19: a feed as crt.sh has it", { skip: skipWithoutProgram("openssl") }, async (t) => {
  const made = await madeCertificate(t, [BOX]);
  const row = {
    issuer_ca_id: 1,
    issuer_name: "C=US, O=CA",
    common_name: BOX,
    name_value: `${BOX}\n*.${BOX}`,
    id: 7,
    not_before: "2026-11-01T00:00:00",
    not_after: "2027-01-01T00:00:00",
    serial_number: "03ff",
  };
  const seen: string[] = [];
  let list: unknown = [row, { ...row, id: 8 }, { ...row, id: 3 }, { id: "nonsense" }, null];
  const server = createServer((request, response) => {
    seen.push(request.url ?? "");
    const query = new URL(request.url ?? "", "http://x").searchParams;
    if (query.get("d") === "8") response.end("<html>");
    else response.end(query.has("d") ? made.cert : typeof list === "string" ? list : JSON.stringify(list));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  t.teardown(() => server.close());
  const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  const feed = httpCertificateLog({ fetch: createSafeFetch({ clock: systemClock }), url });
  const { signal } = new AbortController();
  const entries = await feed.since([BOX], 3, signal);
  t.same(
    entries.map(({ id, names, key }) => [id, names, key]),
    [
      [7, [BOX, `*.${BOX}`], assemble(made.key, made.cert).keyHash],
      [8, [BOX, `*.${BOX}`], null],
    ],
  );
  t.equal(entries[0]?.notAfter, Date.UTC(2027, 0, 1));
  t.ok(
    seen.some((path) => path.includes(encodeURIComponent(`%.${BOX}`))),
    "names below it are asked for too",
  );
  list = "no JSON";
  await t.rejects(feed.since([BOX], null, signal), { code: "certificate-log-unread" });
  list = {};
  await t.rejects(feed.since([BOX], null, signal), { code: "certificate-log-unread" });
});
