import { join } from "node:path";
import { writeFile } from "node:fs/promises";
import t from "tap";
import { MemoryPublisher } from "../helpers/memory-publisher.ts";
import { runCommandLine } from "../../src/cli/command-line.ts";
import { CLOUD_COMMANDS } from "../../src/cli/cloud/commands.ts";
import { eventually } from "../helpers/daemon.ts";
import { enrolledBox } from "../helpers/registering-box.ts";
import { temporaryFolder } from "../helpers/temporary.ts";
import { from, testCloud } from "./cloud-in-test.ts";

async function run(...argv: string[]): Promise<{ code: number; out: string; err: string }> {
  let [out, err] = ["", ""];
  const code = await runCommandLine(
    argv,
    {
      stdout: { write: (text) => void (out += text) },
      stderr: { write: (text) => void (err += text) },
      env: {},
      signal: new AbortController().signal,
    },
    { name: "tellyport-cloud", intro: "The cloud." },
    CLOUD_COMMANDS,
  );
  return { code, out, err };
}

t.test("tellyport-cloud: boxes are listed, shown, blocked and unblocked", async (t) => {
  const { origin, state } = await testCloud(t);
  const cloud = (...argv: string[]) => run(...argv, "--state", state);
  t.match(await cloud("boxes", "list"), { code: 0, out: "There is no such box.\n" });
  const box = await enrolledBox(origin);
  const others = [await enrolledBox(origin), await enrolledBox(origin)];
  await box.send(
    origin,
    "update",
    { address: null, port: 8443, lan: ["192.168.1.2"] },
    from("93.184.216.34"),
  );
  await box.send(origin, "alias", { label: "smith-family" });
  const listed = await cloud("boxes", "list");
  t.match(listed.out, new RegExp(`${box.id} +active +smith-family +93\\.184\\.216\\.34`));
  t.equal(listed.out.trim().split("\n").length, 2 + others.length);
  const json = JSON.parse((await cloud("boxes", "list", "--json", "--limit", "2")).out) as {
    boxes: unknown[];
    next: string;
  };
  t.equal(json.boxes.length, 2);
  t.match((await cloud("boxes", "list", "--after", json.next)).out.trim().split("\n").length, 2);
  t.match(await cloud("boxes", "show", "smith-family"), {
    code: 0,
    out: /IPv4 +direct, 93\.184\.216\.34 port 8443\n/,
  });
  t.match(await cloud("boxes", "block", box.id, "it sends too much"), { code: 0, out: /is blocked/ });
  t.match(await cloud("boxes", "show", "smith"), { out: /blocked: it sends too much/ });
  t.match((await cloud("boxes", "list", "--only", "blocked")).out, box.id);
  t.match(await cloud("boxes", "unblock", box.id), { code: 0 });
  t.match(await cloud("boxes", "show", "nobody"), { code: 69, err: /There is no box "nobody"/ });
  t.match(await cloud("boxes", "shw"), { code: 64, err: /did you mean `tellyport-cloud boxes show`/ });
  t.match(await cloud("boxes", "list", "--only", "bloked"), { code: 64, err: /did you mean blocked/ });
  t.match(await run("boxes", "list", "--state", await temporaryFolder(t)), {
    code: 69,
    err: /No Tellyport cloud runs/,
  });
});

t.test("tellyport-cloud: the zone is shown, and compared with what the name server says", async (t) => {
  const publisher = new MemoryPublisher();
  const { origin, state, cloud } = await testCloud(t, {
    publisher,
    config: { zone: { name: "box.test", caa: ["0 issue letsencrypt.org"] } },
  });
  const box = await enrolledBox(origin);
  await box.send(
    origin,
    "update",
    { address: null, port: 8443, lan: ["192.168.1.2"] },
    from("93.184.216.34"),
  );
  await box.send(origin, "challenge", { values: ["a".repeat(43)] });
  await eventually("everything is published", async () => (await cloud.publishing.state()).pending === 0);
  const shown = await run("zone", "show", "--state", state);
  const name = `${box.id}.box.test.`;
  t.same(
    shown.out.trim().split("\n").sort(),
    [
      `${name} 60 IN A 93.184.216.34`,
      `${name} 3600 IN CAA 0 issue "letsencrypt.org"`,
      `w.${name} 60 IN A 93.184.216.34`,
      `lan.${name} 300 IN A 192.168.1.2`,
      `_acme-challenge.${name} 5 IN TXT "${"a".repeat(43)}"`,
    ].sort(),
  );
  t.match(await run("zone", "check", "--state", state), {
    code: 0,
    out: /5 sets of records were compared .* it says the same/,
  });
  publisher.names.delete(`w.${box.id}.box.test`);
  t.match(await run("zone", "check", "--state", state), {
    code: 69,
    out: new RegExp(`w\\.${box.id}\\.box\\.test A: should be 93\\.184\\.216\\.34, is nothing`),
  });
  t.match(JSON.parse((await run("zone", "check", "--state", state, "--json")).out), {
    checked: 5,
    differing: [{ type: "A" }],
  });
});

t.test("tellyport-cloud: check-config prints what holds, but no secret", async (t) => {
  const config = join(await temporaryFolder(t), "cloud.yaml");
  await writeFile(
    config,
    'database: "postgresql://tellyport:hunter2@hunter5@db/cloud"\nmetrics: {token: hunter3}\npublisher: {kind: rfc2136, rfc2136: {server: 10.0.0.1, keyName: k, secret: aHVudGVyNA==}, pdnsHttp: {url: "http://me:hunter6@10.0.0.2:8081"}}\n',
  );
  for (const argv of [["check-config"], ["check-config", "--json"]]) {
    const { code, out } = await run(...argv, "--config", config);
    t.equal(code, 0);
    t.notMatch(out, /hunter|aHVudGVyNA/);
    t.match(out, /postgresql:\/\/tellyport:\*\*\*@db\/cloud/);
  }
  t.match(await run("check-config", "--config", "/nowhere.yaml"), { code: 78 });
  for (const [wrong, why] of [
    ["publisher: {kind: rfc2136}", /publisher\.rfc2136/],
    [
      "publisher: {kind: rfc2136, rfc2136: {server: 10.0.0.1, keyName: k, secret: not base64}}",
      /base64 alone/,
    ],
    [
      "publisher: {kind: pdns-http, pdnsHttp: {url: 'http://10.0.0.2:8081', apiKeyFile: /nowhere}}",
      /pdnsHttp\.apiKeyFile cannot be read/,
    ],
  ] as const) {
    await writeFile(config, `${wrong}\n`);
    t.match(await run("check-config", "--config", config), { code: 78, err: why }, "as `run` refuses it");
  }
  const help = await run("--help");
  t.match(help, { code: 0, out: /usage: tellyport-cloud <command>/ });
  for (const { path } of CLOUD_COMMANDS)
    t.match(await run(...path, "--help"), { code: 0, out: `usage: tellyport-cloud ${path.join(" ")}` });
});
