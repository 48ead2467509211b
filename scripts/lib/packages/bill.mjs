// What a release is made of: the bill of materials (CycloneDX 1.5), and NOTICE with the licences' texts.
import { createHash } from "node:crypto";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { ARCHITECTURES, pinnedNode } from "./architectures.mjs";

/** Folder of the package that a source file belongs to, from the project's; null for our own. */
function folderOf(input) {
  const found = /^(?:.*[/])?node_modules[/](?:@[^/]+[/])?[^/]+/.exec(input);
  return found === null ? null : found[0].slice(found[0].indexOf("node_modules/"));
}

const byName = (a, b) => (`${a.name}@${a.version}` < `${b.name}@${b.version}` ? -1 : 1);

/**
 * Every package that files came from, and those that lie beside the bundle.
 * @param inputs paths as esbuild names them
 * @param beside names of packages outside of the bundle
 * @returns `{ name, version, licence, integrity, folder, architectures }`, sorted; `folder` only for those that are installed here
 */
export function materials(inputs, beside) {
  const { packages } = JSON.parse(readFileSync("package-lock.json", "utf8"));
  const folders = new Set([...inputs.map(folderOf), ...beside.map((name) => `node_modules/${name}`)]);
  folders.delete(null);
  const found = new Map();
  for (const folder of folders) {
    const entry = packages[folder];
    if (entry === undefined) throw new Error(`${folder} is in the bundle and not in package-lock.json`);
    const name = entry.name ?? folder.slice(folder.lastIndexOf("node_modules/") + "node_modules/".length);
    const { version, integrity, license: licence = null } = entry;
    const architectures = Object.keys(ARCHITECTURES).filter((one) =>
      ARCHITECTURES[one].natives.includes(name),
    );
    found.set(`${name}@${version}`, { name, version, licence, integrity, folder, architectures });
  }
  return [...found.values(), ...privateNodes()].sort(byName);
}

function privateNodes() {
  const { version, integrity } = pinnedNode();
  return Object.entries(ARCHITECTURES)
    .filter(([, { node }]) => node !== null)
    .map(([architecture, { node: name }]) => ({
      name,
      version,
      licence: "MIT",
      integrity: integrity[name],
      folder: null,
      architectures: [architecture],
    }));
}

/** A package URL. @see the purl specification, type npm */
function purl({ name, version }) {
  return `pkg:npm/${name.replace("@", "%40")}@${version}`;
}

function component({ name, version, licence, integrity, architectures, ...rest }) {
  const url = purl({ name, version });
  return {
    type: name.startsWith("node-linux-") ? "platform" : "library",
    "bom-ref": url,
    name,
    version,
    scope: "required",
    hashes: [
      { alg: "SHA-512", content: Buffer.from(integrity.slice("sha512-".length), "base64").toString("hex") },
    ],
    ...(licence !== null && {
      licenses: [/ OR | AND |^\(/.test(licence) ? { expression: licence } : { license: { id: licence } }],
    }),
    purl: url,
    ...(architectures.length > 0 && {
      properties: architectures.map((value) => ({ name: "tellyport:architecture", value })),
    }),
    ...rest,
  };
}

/** @see CycloneDX 1.5. @param epoch seconds @returns the document's text, the same for the same content */
export function billOfMaterials(list, { version, epoch }) {
  const own = `pkg:generic/tellyport@${version}`;
  const components = list.map(({ folder: _, ...one }) => component(one));
  const id = createHash("sha256").update(own).update(JSON.stringify(components)).digest("hex");
  const uuid = [
    id.slice(0, 8),
    id.slice(8, 12),
    `8${id.slice(13, 16)}`,
    `8${id.slice(17, 20)}`,
    id.slice(20, 32),
  ].join("-");
  const document = {
    bomFormat: "CycloneDX",
    specVersion: "1.5",
    serialNumber: `urn:uuid:${uuid}`,
    version: 1,
    metadata: {
      timestamp: new Date(epoch * 1000).toISOString(),
      component: {
        type: "application",
        "bom-ref": own,
        name: "tellyport",
        version,
        licenses: [{ license: { id: "MIT" } }],
        purl: own,
      },
    },
    components,
    dependencies: [{ ref: own, dependsOn: components.map((one) => one.purl) }],
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}

const LICENCE_FILE = /^(licen[cs]e|copying|notice)([.-].*)?$/i;

/**
 * Texts of a package's licences, as it brings them. Of native parts only those of this machine are installed: what is said must
 * not depend on it, and they are of the package that asks for them.
 */
function textsOf({ folder, architectures }) {
  if (architectures.length > 0) return [];
  return readdirSync(folder)
    .filter((file) => LICENCE_FILE.test(file))
    .sort()
    .map((file) => readFileSync(join(folder, file), "utf8").trim());
}

/** Names, licences and their texts; one text that many share is there once. @param list of {@link materials} */
export function notice(list) {
  const users = new Map();
  for (const one of list.filter(({ folder }) => folder !== null)) {
    const texts = textsOf(one);
    for (const text of texts.length > 0
      ? texts
      : [`Licence: ${one.licence}. The package brings no text of its own.`])
      users.set(text, [...(users.get(text) ?? []), one]);
  }
  const head =
    "Tellyport contains the following packages, each under its own licence.\nThe licence of Node.js lies beside it.\n";
  const parts = [...users].map(([text, ones]) => {
    const names = ones.map(({ name, version, licence }) => `${name} ${version} (${licence})`);
    return `${"-".repeat(78)}\n${names.join("\n")}\n\n${text}\n`;
  });
  return [head, ...parts].join("\n");
}
