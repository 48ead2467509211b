import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import t from "tap";
import type { AuditEntry } from "../../src/protocol/access-api.ts";
import type { Box, Scan } from "../../src/protocol/api.ts";
import { eventually, startDaemon, tellyport, type Daemon } from "../helpers/daemon.ts";
import { temporaryFolder, type Teardown } from "../helpers/temporary.ts";

const GOOD = `# a new box of Acme
box: {name: Salon, language: zh}
access:
  lanHttp: false
scan: {atFirstStart: true}
branding: {product: AcmeTV, accent: "#7a1fa2", support: "+33 1 00 00 00 00"}
`;
const WRONG = GOOD.replace("lanHttp", "lanHtpt");

const boxOf = async (box: Daemon): Promise<Box> => (await box.local<Box>("GET", "/api/v1/box")).body;
const auditOf = async (box: Daemon): Promise<AuditEntry[]> =>
  (await box.local<{ entries: AuditEntry[] }>("GET", "/api/v1/audit")).body.entries;
const eventsOf = (entries: readonly AuditEntry[]): string[] =>
  entries.map(({ event }) => event).filter((event) => event.startsWith("provision"));

/** A configuration on loopback whose provisioning file says this. */
async function withFile(t: Teardown, text: string): Promise<{ file: string; config: string }> {
  const file = join(await temporaryFolder(t), "provision.yaml");
  await writeFile(file, text);
  return { file, config: configOf(file) };
}

const configOf = (file: string): string =>
  `http: {address: "127.0.0.1", port: 0, https: {port: 0}}\nannounce: {mdns: false, ssdp: off}\nprovision: {file: ${file}}\n`;

t.test(
  "provisioning: a new box has its first values, is scanned once, and the owner's go before",
  async (t) => {
    const { file, config } = await withFile(t, GOOD);
    const box = await startDaemon(t, { config });
    t.match(await boxOf(box), {
      name: "Salon",
      language: "zh",
      branding: { product: "AcmeTV", accent: "#7a1fa2", support: "+33 1 00 00 00 00" },
    });
    const [entry] = (await auditOf(box)).filter(({ event }) => event === "provisioned");
    t.match(entry?.detail, { keys: /box\.name .*access\.lanHttp/ });
    const scanned = await eventually(
      "the first scan",
      async () => {
        const { body } = await box.local<Scan>("GET", "/api/v1/scan");
        return body.state === "finished" && typeof body.scannedAt === "string" && body;
      },
      60_000,
    );
    t.ok(scanned.found.tv > 0);
    t.equal(await box.stop(), 0);

    await writeFile(file, GOOD.replace("Salon", "Kitchen"));
    await writeFile(join(box.state, "settings.yaml"), "box: {name: Den}\nonline: {port: https}\n");
    const again = await startDaemon(t, { config, state: box.state });
    t.match(
      await boxOf(again),
      { name: "Den", language: "zh" },
      "the owner's name, the installer's language",
    );
    t.match(
      again.log.find(({ msg }) => msg === "settings-left-out"),
      { leftOut: [{ key: "online.port", line: 2 }] },
      "what cannot be taken of the owner's settings is told, and costs nothing else",
    );
    t.equal(eventsOf(await auditOf(again)).length, 1, "noted once");
    t.notOk(
      again.log.some(({ msg }) => msg === "first-scan-begins"),
      "not scanned again",
    );
    t.equal(await again.stop(), 0);

    const reset = await tellyport(["reset", "--yes", "--state", box.state]);
    t.equal(reset.code, 0, reset.stderr);
    const anew = await startDaemon(t, { config, state: box.state });
    t.equal(
      (await boxOf(anew)).name,
      "Kitchen",
      "a box that is new again begins with what the file says now",
    );
  },
);

t.test(
  "provisioning: one wrong key, and nothing of the file is in force; the box starts and says so",
  async (t) => {
    const { file, config } = await withFile(t, WRONG);
    const configured = join(await temporaryFolder(t), "tellyport.yaml");
    await writeFile(configured, config);
    const own = await tellyport(["provision", "--config", configured, "--check"]);
    t.match(own, { code: 78, stderr: new RegExp(file) }, "without a name the configured one");
    const checked = await tellyport(["provision", "--check", file, "--state", await temporaryFolder(t)]);
    t.equal(checked.code, 78);
    t.match(checked.stderr, /provision\.yaml: line 4: access\.lanHtpt .* did you mean access\.lanHttp\?/);

    const box = await startDaemon(t, { config });
    t.match(await boxOf(box), { name: "Tellyport", branding: undefined, language: undefined });
    t.match(
      box.log.find(({ msg }) => msg === "provisioning-refused"),
      { error: /line 4: .* did you mean access\.lanHttp\?/ },
    );
    const alarms = (await box.local<{ entries: AuditEntry[] }>("GET", "/api/v1/audit?alarms=true")).body
      .entries;
    t.match(alarms, [{ event: "provision-refused", detail: { error: /line 4/ } }], "owners are told");
    t.notOk(existsSync(join(box.state, "provisioned.yaml")));
    const configFile = join(await temporaryFolder(t), "c.yaml");
    await writeFile(configFile, config);
    const doctor = await tellyport(["doctor", "--json", "--config", configFile, "--state", box.state]);
    const { findings } = JSON.parse(doctor.stdout) as { findings: { subject: string; level: string }[] };
    t.match(
      findings.find(({ subject }) => subject === "provisioning"),
      {
        level: "problem",
        message: /line 4: .*did you mean access\.lanHttp\? .*mend the file/,
      },
    );
    t.equal(await box.stop(), 0);

    await writeFile(file, GOOD);
    const mended = await startDaemon(t, { config, state: box.state });
    t.equal((await boxOf(mended)).name, "Salon", "mended, it is applied");
    t.same(eventsOf(await auditOf(mended)).sort(), ["provision-refused", "provisioned"]);
  },
);

t.test("provisioning: what was set up before the file came is left alone", async (t) => {
  const { file, config } = await withFile(t, "");
  await writeFile(file, "");
  const box = await startDaemon(t);
  t.equal(await box.stop(), 0);
  await writeFile(file, GOOD);
  const later = await startDaemon(t, { config, state: box.state });
  t.equal((await boxOf(later)).name, "Tellyport");
});
