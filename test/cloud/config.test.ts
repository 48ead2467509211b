import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import t from "tap";
import { loadCloudConfig } from "../../src/cloud/config.ts";
import { temporaryFolder } from "../helpers/temporary.ts";

async function load(t: Parameters<typeof temporaryFolder>[0], text: string) {
  const path = join(await temporaryFolder(t), "cloud.yaml");
  await writeFile(path, text);
  return loadCloudConfig({ path });
}

t.test("cloud configuration: defaults, the file, the command line, and where each comes from", async (t) => {
  const path = join(await temporaryFolder(t), "cloud.yaml");
  await writeFile(path, "zone: {name: box.example}\nhttp: {port: 81}\n");
  const { config, values } = await loadCloudConfig({ path, overrides: { http: { port: 82 } } });
  t.match(config, {
    database: "sqlite",
    zone: { name: "box.example", caa: [] },
    http: { port: 82 },
    publisher: { kind: "embedded" },
  });
  const origins = Object.fromEntries(values.map(({ key, origin }) => [key, origin]));
  t.match(origins, { "zone.name": "file", "http.port": "command line", "dns.port": "default" });
});

t.test("cloud configuration: what cannot be is refused, in words", async (t) => {
  for (const [text, words] of [
    ["databse: sqlite", /databse is not a key that Tellyport knows: did you mean database\?/],
    ["publisher: {rfc2136: {server: a, keyname: b}}", /did you mean publisher\.rfc2136\.keyName/],
    ["database: mysql://x", /must be sqlite, or postgresql/],
    ["zone: {name: Box.Example.}", /small letters without a dot at its end/],
    ["http: {origins: ['https://cloud.example/']}", /without a slash/],
    ["http: {origins: ['https://cloud.example:99999']}", /must be like/],
    ["http: {trustedProxies: [proxy.example]}", /address or a prefix/],
    ["addresses: {allow: [10.0.0.0/40]}", /address or a prefix/],
    ["zone: {caa: [letsencrypt.org]}", /FLAGS TAG VALUE/],
    ["publisher: {kind: bind}", /must be one of embedded, rfc2136, pdns-http/],
    ["zone: {nameServers: [{name: ns1.example, addresses: [nowhere]}]}", /must be an IP address/],
  ] as const)
    await t.rejects(load(t, text), { code: "config-invalid", message: words }, text);
});
