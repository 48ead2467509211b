import { readFileSync, readdirSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import t from "tap";
import { PROJECT } from "../helpers/captures.ts";

/** The matrix of the design: who may import whom, beside `kernel` and `protocol`, which everybody may. */
const MATRIX: Record<string, Record<string, "any" | "index only">> = {
  kernel: {},
  protocol: {},
  tuner: {},
  share: { tuner: "index only" },
  "http-server": {},
  "access-control": {},
  "ddns-client": {},
  system: {},
  cloud: { "http-server": "index only" },
  cli: {},
};
/** Files that put the rooms together. */
const COMPOSITION = new Set([
  "src/main.ts",
  "src/leave-online.ts",
  "src/prepare-state.ts",
  "src/state-shadow.ts",
  "src/provisioning.ts",
  "src/reset.ts",
  "src/sources.ts",
  "src/cli/run.ts",
  "src/cli/box-on-state.ts",
  "src/cli/check-config.ts",
  "src/cli/provision.ts",
  "src/cli/check-image.ts",
  "src/cli/reset.ts",
  "src/cli/scan.ts",
  "src/cli/doctor.ts",
  "src/cli/cloud/run.ts",
  "src/cli/cloud/check-config.ts",
]);

interface Import {
  readonly from: string;
  readonly to: string;
  readonly typeOnly: boolean;
}

function importsOf(file: string): Import[] {
  const text = readFileSync(join(PROJECT, file), "utf8");
  const found: Import[] = [];
  for (const match of text.matchAll(
    /(?:^|\n)\s*(?:import|export)\s+(type\s+)?[^;"']*?from\s+["'](\.[^"']+)["']|import\(\s*["'](\.[^"']+)["']\s*\)/g,
  )) {
    const target = match[2] ?? match[3] ?? "";
    found.push({
      from: file,
      to: relative(PROJECT, resolve(PROJECT, dirname(file), target)),
      typeOnly: match[1] !== undefined,
    });
  }
  return found;
}

function sources(folder: string): string[] {
  return readdirSync(join(PROJECT, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name))
    .map((entry) => relative(PROJECT, join(entry.parentPath, entry.name)));
}

const roomOf = (path: string): string => path.split("/")[1] ?? "";

/** Why an import breaks the matrix, or null. */
function breach({ from, to, typeOnly }: Import): string | null {
  if (COMPOSITION.has(from)) return null;
  const here = roomOf(from);
  const there = roomOf(to);
  if (here === there) return null;
  if (here === "kernel" || here === "protocol")
    return there === "kernel" && here === "protocol"
      ? "protocol imports nothing of ours"
      : `${here} imports nothing of ours`;
  if (there === "kernel" || there === "protocol" || to === "src/version.ts") return null;
  const rule = MATRIX[here]?.[there];
  if (rule === undefined) return `${here} may not import ${there}`;
  const face = to === `src/${there}/index.ts` || (typeOnly && to === `src/${there}/ports.ts`);
  return rule === "index only" && !face ? `${here} may import only the index of ${there}` : null;
}

t.test("architecture: every import keeps to the matrix", (t) => {
  const all = sources("src").flatMap(importsOf);
  t.ok(all.length > 100, "imports were found");
  const breaches = all.flatMap((one) => {
    const why = breach(one);
    return why === null ? [] : [`${one.from} → ${one.to}: ${why}`];
  });
  t.same(breaches, []);
  t.end();
});

t.test("architecture: the check sees a breach of each kind", (t) => {
  const refused = (from: string, to: string, typeOnly = false): void =>
    void t.not(breach({ from, to, typeOnly }), null, `${from} → ${to}`);
  refused("src/kernel/a.ts", "src/tuner/index.ts");
  refused("src/protocol/a.ts", "src/kernel/errors.ts");
  refused("src/tuner/a.ts", "src/share/index.ts");
  refused("src/share/a.ts", "src/tuner/mux-session.ts", true);
  refused("src/share/a.ts", "src/http-server/index.ts");
  refused("src/access-control/a.ts", "src/http-server/ports.ts", true);
  refused("src/cli/clients.ts", "src/main.ts");
  t.equal(breach({ from: "src/share/a.ts", to: "src/tuner/index.ts", typeOnly: false }), null);
  t.equal(breach({ from: "src/share/a.ts", to: "src/tuner/ports.ts", typeOnly: true }), null);
  t.equal(breach({ from: "src/cli/run.ts", to: "src/main.ts", typeOnly: false }), null);
  t.end();
});

t.test("architecture: the web app imports only the protocol", (t) => {
  const all = sources("web").flatMap(importsOf);
  t.ok(all.length > 10, "imports were found");
  t.same(
    all
      .filter(({ to }) => !to.startsWith("web/") && !to.startsWith("src/protocol/"))
      .map(({ from, to }) => `${from} → ${to}`),
    [],
  );
  t.end();
});

t.test("architecture: nothing below the entry point ends the process", (t) => {
  const ending = sources("src").filter((file) =>
    /\bprocess\.exit\(/.test(readFileSync(join(PROJECT, file), "utf8")),
  );
  t.same(ending, []);
  t.end();
});
