import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { CloudConfigSchema } from "../../src/cloud/config.ts";
import { ERROR_CODES } from "../../src/kernel/errors.ts";
import { VERSION } from "../../src/version.ts";
import { PROJECT } from "../helpers/captures.ts";
import { check } from "../../src/kernel/config/faults.ts";
import { parseYamlText } from "../../src/kernel/config/yaml-file.ts";
import { ProvisionSchema } from "../../src/kernel/config/provision.ts";
import { ConfigSchema } from "../../src/kernel/config/schema.ts";
import { configurationKeys, configurationTables } from "./configuration-table.ts";
import { configurationTemplate, uncommented } from "./configuration-template.ts";

const read = (path: string): string => readFileSync(join(PROJECT, path), "utf8");

t.test("documents: docs/errors.md lists exactly the codes of the source, with their kinds", (t) => {
  const rows = [...read("docs/errors.md").matchAll(/^\| `([a-z0-9-]+)` \| ([a-z-]+) \| (.+) \|$/gm)];
  const documented = Object.fromEntries(rows.map((row) => [row[1], row[2]]));
  t.same(documented, { ...ERROR_CODES });
  for (const row of rows) t.ok((row[3] ?? "").length > 10, `${row[1]} says what to do`);
  t.end();
});

t.test(
  "documents: docs/configuration.md lists every key of the schema, its value, default and meaning",
  (t) => {
    const page = read("docs/configuration.md");
    const begin = page.indexOf("\n## ");
    const introduction = begin < 0 ? page : page.slice(0, begin);
    const wanted = `${introduction.trimEnd()}\n\n${configurationTables()}\n`;
    if (process.env["TELLYPORT_WRITE_TABLE"] === "1")
      writeFileSync(join(PROJECT, "docs/configuration.md"), wanted);
    else t.equal(page, wanted, "TELLYPORT_WRITE_TABLE=1 writes it anew");
    const keys = configurationKeys();
    t.ok(keys.length > 40, "the schema was walked");
    for (const key of keys) t.ok(wanted.includes(`\n| \`${key}\` | `), key);
    t.end();
  },
);

t.test("documents: docs/cloud-configuration.md lists every key of the cloud's schema", (t) => {
  const path = "docs/cloud-configuration.md";
  const page = read(path);
  const introduction = page.slice(0, page.indexOf("\n| key |"));
  const wanted = `${introduction.trimEnd()}\n\n${configurationTables(CloudConfigSchema)}\n`;
  if (process.env["TELLYPORT_WRITE_TABLE"] === "1") writeFileSync(join(PROJECT, path), wanted);
  else t.equal(page, wanted, "TELLYPORT_WRITE_TABLE=1 writes it anew");
  const keys = configurationKeys("", CloudConfigSchema);
  t.ok(keys.length > 25, "the schema was walked");
  for (const key of keys) t.ok(wanted.includes(`\n| \`${key}\` | `), key);
  t.end();
});

const TEMPLATES = [
  {
    path: "packaging/tellyport.yaml",
    schema: ConfigSchema,
    head: "Configuration of Tellyport, /etc/tellyport/tellyport.yaml. Every key with its default: take the # away from a key, and from the sections above it, and change what is behind the colon. `tellyport check-config` says what is in force.",
  },
  {
    path: "packaging/cloud.yaml",
    schema: CloudConfigSchema,
    head: "Configuration of Tellyport's cloud, /etc/tellyport/cloud.yaml. Every key with its default: take the # away from a key, and from the sections above it, and change what is behind the colon. `tellyport-cloud check-config` says what is in force.",
  },
  {
    path: "packaging/provision.yaml",
    schema: ProvisionSchema,
    head: "What a new box begins with, /etc/tellyport/provision.yaml: applied once, at the first start and at the first one after a reset, and never over what the owner changed. `tellyport provision --check` says whether it is well.",
  },
];

for (const { path, schema, head } of TEMPLATES)
  t.test(`documents: ${path} has every key, and can be read when all of them are in force`, (t) => {
    const wanted = configurationTemplate(head, schema);
    if (process.env["TELLYPORT_WRITE_TABLE"] === "1") writeFileSync(join(PROJECT, path), wanted);
    else t.equal(read(path), wanted, "TELLYPORT_WRITE_TABLE=1 writes it anew");
    check(schema, parseYamlText(wanted).value ?? {}, "as it is: ");
    const all = parseYamlText(uncommented(wanted)).value;
    check(schema, all, "uncommented: ");
    for (const key of configurationKeys("", schema)) {
      const name = key.split(".").at(-1)?.replace("[]", "") ?? "";
      t.match(wanted, new RegExp(`^ *#(- )?( ?)${name}:|# ${name}: `, "m"), key);
    }
    t.notMatch(wanted, /^ *[^ #\n]/m, "as it is it says nothing");
    t.end();
  });

t.test("documents: the version is the package's", (t) => {
  t.equal(VERSION, (JSON.parse(read("package.json")) as { version: string }).version);
  t.match(read("CHANGELOG.md"), new RegExp(`## ${VERSION}`));
  t.end();
});

t.test("T26, documents: the lock file names no host, and no dependency needs its install script", (t) => {
  const lock = read("package-lock.json");
  t.notMatch(lock, /"resolved":\s*"https?:/);
  const { allowScripts } = JSON.parse(read("package.json")) as { allowScripts: Record<string, boolean> };
  const withScripts = Object.entries(
    (JSON.parse(lock) as { packages: Record<string, { hasInstallScript?: boolean }> }).packages,
  )
    .filter(([, entry]) => entry.hasInstallScript === true)
    .map(([path]) => path.replace(/^.*node_modules\//, ""));
  for (const name of new Set(withScripts))
    t.equal(allowScripts[name], false, `${name}: its script is refused, and we work without`);
  t.match(read(".npmrc"), /^ignore-scripts=true$/m);
  t.end();
});

t.test("documents: the README's feature table has a row for every requirement", (t) => {
  const readme = read("README.md");
  for (const id of [
    "A1",
    "A2",
    "A3",
    "A4",
    "A5",
    "A6",
    "A7",
    "B1",
    "B2",
    "B3",
    "B4",
    "B5",
    "C1",
    "C2",
    "C3",
    "C4",
    "D1",
    "D2",
    "D3",
    "D4",
    "E1",
    "E2",
    "E3",
    "E4",
    "E5",
    "E6",
    "E7",
  ]) {
    t.match(readme, new RegExp(`^\\| ${id} \\|`, "m"), id);
  }
  t.end();
});
