import { spawn, spawnSync } from "node:child_process";
import { createHash, generateKeyPairSync, randomBytes } from "node:crypto";
import { once } from "node:events";
import {
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import t from "tap";
import { skipWithoutProgram } from "../../helpers/programs.ts";
import { CLI, runProgram } from "../../helpers/daemon.ts";
import { temporaryFolder, type Teardown } from "../../helpers/temporary.ts";
import { run, type Ran } from "../run-command.ts";
import {
  MAKER,
  PUBLIC_KEY,
  STAYS,
  goesBackTo,
  makeRelease,
  markGood,
  signRelease,
  startsWith,
  type FakeRelease,
} from "./fake-release.ts";

const skip = skipWithoutProgram("tar", "xz");

interface Site {
  readonly root: string;
  readonly folder: string;
  readonly key: string;
  command(...args: string[]): Promise<Ran>;
  /** Makes a release and installs it. */
  install(version: string, fake?: FakeRelease): Promise<Ran>;
  listed(): Promise<{
    base: { version: string | null; current: boolean };
    releases: Record<string, unknown>[];
  }>;
}

async function site(t: Teardown): Promise<Site> {
  const folder = await temporaryFolder(t);
  const root = join(folder, "var/releases-of-box");
  const key = join(folder, "key.pem");
  writeFileSync(key, PUBLIC_KEY);
  const command = (...args: string[]): Promise<Ran> =>
    run(["release", ...args], { env: { TELLYPORT_RELEASES: root } });
  return {
    root,
    folder,
    key,
    command,
    install: (version, fake) => command("install", makeRelease(folder, version, fake), "--key", key),
    listed: async () =>
      JSON.parse((await command("list", "--json")).stdout) as Awaited<ReturnType<Site["listed"]>>,
  };
}

t.test("release: installed, used, gone back from, and removed", { skip }, async (t) => {
  const box = await site(t);
  t.match(await box.listed(), { base: { version: /^\d+\.\d+/, current: true }, releases: [] });
  t.equal((await box.command("rollback")).code, 69, "nothing to go back from");
  const first = await box.install("0.2.0");
  t.match(
    [first.code, first.stdout],
    [0, /^Release 0\.2\.0 is installed\. It runs from the next start on: `systemctl/],
  );
  t.equal(startsWith(box.root), "0.2.0");
  t.match(await box.listed(), { base: { current: false }, releases: [{ version: "0.2.0", current: true }] });
  markGood(box.root, "0.2.0");
  t.equal((await box.install("0.3.0")).code, 0);
  t.equal(startsWith(box.root), "0.3.0");
  t.match((await box.listed()).releases, [
    { version: "0.3.0", current: true, previous: false },
    { version: "0.2.0", current: false, previous: true },
  ]);
  t.match(
    (await box.command("list")).stdout,
    /^VERSION +INSTALLED +STATE\n0\.3\.0 .*in use\n0\.2\.0 .*before it.*\nbase \(\d+\.\d+.*\) +with the box\n/,
  );
  t.match(await box.command("remove", "0.3.0"), { code: 69, stderr: /in use: `tellyport release rollback`/ });
  t.match(await box.command("remove", "0.2.0"), {
    code: 69,
    stderr: /goes back to when the present one fails/,
  });
  t.match(await box.install("0.3.0"), { code: 69, stderr: /in use already/ });
  t.match(await box.command("rollback"), {
    code: 0,
    stdout: /^Release 0\.2\.0 is the one to be used again\./,
  });
  t.equal(startsWith(box.root), "0.2.0");
  t.match(await box.command("rollback"), { code: 0, stdout: /^Release base / });
  t.equal(startsWith(box.root), "base");
  t.match(await box.command("use", "0.9.9"), {
    code: 69,
    stderr: /0\.2\.0 are installed|0\.3\.0, 0\.2\.0 are installed/,
  });
  t.match(await box.command("use", "../x"), { code: 69 });
  t.equal((await box.command("use", "0.3.0")).code, 0);
  t.equal(startsWith(box.root), "0.3.0");
  t.equal((await box.command("remove", "0.2.0")).code, 0);
  t.same(readdirSync(join(box.root, "releases")), ["0.3.0"]);
  t.equal((await box.command("use", "base")).code, 0);
  t.equal(startsWith(box.root), "base");
  t.same(readdirSync(join(box.root, "incoming")), []);
});

t.test(
  "release: three are kept, and what was said of a version is not said of another of that name",
  { skip },
  async (t) => {
    const box = await site(t);
    for (const version of ["0.1.1", "0.1.2", "0.1.3"]) t.equal((await box.install(version)).code, 0);
    mkdirSync(join(box.root, "bad"));
    mkdirSync(join(box.root, "marks"));
    writeFileSync(join(box.root, "bad/0.1.1"), "");
    writeFileSync(join(box.root, "marks/0.1.1"), "");
    t.match((await box.listed()).releases[2], { version: "0.1.1", bad: true, good: true });
    const again = await box.install("0.1.1", { files: { new: "" } });
    t.equal(again.code, 0, again.stderr);
    t.match((await box.listed()).releases[0], { version: "0.1.1", bad: false, good: false, current: true });
    t.ok(existsSync(join(box.root, "releases/0.1.1/new")));
    const fourth = await box.install("0.1.4");
    t.match(fourth.stdout, /0\.1\.2 was removed to make room: 3 releases are kept/);
    t.same(readdirSync(join(box.root, "releases")).sort(), ["0.1.1", "0.1.3", "0.1.4"]);
  },
);

t.test("release: nothing is changed for what nobody vouches for, or somebody else", { skip }, async (t) => {
  const box = await site(t);
  t.equal((await box.install("0.2.0")).code, 0);
  const refused = async (why: RegExp, code: number, ...args: string[]): Promise<void> => {
    const { code: got, stderr } = await box.command("install", ...args);
    t.match([got, stderr], [code, why]);
    t.equal(startsWith(box.root), "0.2.0");
    t.same(readdirSync(join(box.root, "releases")), ["0.2.0"]);
  };
  const file = makeRelease(box.folder, "0.3.0");
  await refused(/no key for releases: \/etc\/tellyport\/release-key\.pem.*--unsigned/, 77, file);
  await refused(/cannot be read/, 77, file, "--key", join(box.folder, "none.pem"));
  const other = join(box.folder, "other.pem");
  const pem = (key: ReturnType<typeof generateKeyPairSync>["publicKey"]): string =>
    key.export({ type: "spki", format: "pem" }) as string;
  writeFileSync(other, pem(generateKeyPairSync("ed25519").publicKey));
  await refused(/not what was signed/, 77, file, "--key", other);
  writeFileSync(other, pem(generateKeyPairSync("ec", { namedCurve: "P-256" }).publicKey));
  await refused(/no public Ed25519 key/, 77, file, "--key", other);
  for (const type of ["pkcs8", "encrypted"]) {
    const cipher = type === "encrypted" && { cipher: "aes-256-cbc", passphrase: "x" };
    writeFileSync(other, MAKER.privateKey.export({ type: "pkcs8", format: "pem", ...cipher }));
    await refused(/is a private key.*-pubout.*must not be on a box/, 77, file, "--key", other);
  }
  const bytes = readFileSync(file);
  bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1;
  writeFileSync(file, bytes);
  await refused(/not what was signed/, 77, file, "--key", box.key);
  signRelease(file);
  // Its tables may be wrong before xz sees that its sum is.
  await refused(/This is no release for this box: .*Nothing was changed/, 64, file, "--key", box.key);
  await refused(
    /There is no file .*nowhere\.tar\.xz: give the path/,
    64,
    join(box.folder, "nowhere.tar.xz"),
    "--unsigned",
  );
  await refused(/is a folder: give the release as it was fetched/, 64, box.folder, "--unsigned");
  writeFileSync(file, bytes.subarray(0, bytes.length >> 1));
  await refused(/xz says/, 64, file, "--unsigned");
  const unsigned = await box.command("install", makeRelease(box.folder, "0.4.0"), "--unsigned");
  t.equal(unsigned.code, 0, "where somebody says so");
});

t.test("release: what runs stays, and what never ran is not gone back to", { skip }, async (t) => {
  const box = await site(t);
  t.equal((await box.install("0.3.0", STAYS)).code, 0);
  const daemon = spawn(process.execPath, [join(realpathSync(join(box.root, "current")), "cli.js"), "run"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  t.teardown(() => daemon.kill("SIGKILL"));
  await once(daemon.stdout, "data");
  const [first, second, third] = [
    await box.install("0.1.0"),
    await box.install("0.2.0"),
    await box.install("0.5.0"),
  ];
  t.match([first.code, second.code, third.code], [0, 0, 0], second.stderr + third.stderr);
  t.match(third.stdout, /0\.1\.0 was removed to make room/);
  t.same(readdirSync(join(box.root, "releases")).sort(), ["0.2.0", "0.3.0", "0.5.0"]);
  t.equal(goesBackTo(box.root), "0.3.0", "which runs, though nothing says yet that it does so well");
  const runs = { code: 69, stderr: /Release 0\.3\.0 runs still.*systemctl restart/ };
  t.match(await box.install("0.3.0"), runs, "nor is it replaced");
  t.match(await box.command("rollback"), { code: 0, stdout: /^Release 0\.3\.0 / });
  t.match(await box.command("rollback"), { code: 0, stdout: /^Release base / });
  t.match(await box.command("remove", "0.3.0"), runs);
  t.equal((await box.install("0.6.0")).code, 0);
  t.equal(goesBackTo(box.root), "0.3.0");
  daemon.kill("SIGKILL");
  await once(daemon, "close");
  t.equal((await box.command("use", "0.5.0")).code, 0);
  t.equal(goesBackTo(box.root), "0.3.0", "0.6.0 was never started");
  markGood(box.root, "0.5.0");
  t.equal((await box.command("use", "0.6.0")).code, 0);
  t.equal(goesBackTo(box.root), "0.5.0");
  t.equal((await box.command("use", "0.5.0")).code, 0);
  t.equal(goesBackTo(box.root), null, "nothing is before itself");
  t.equal((await box.command("remove", "0.3.0")).code, 0);
});

t.test("release: a tool that is missing is named, with the package that has it", { skip }, async (t) => {
  const box = await site(t);
  // More than a pipe holds: neither program waits for one that is not there.
  const file = makeRelease(box.folder, "0.2.0", { files: { large: randomBytes(512 * 1024) } });
  for (const [missing, present, cure] of [
    ["xz", "tar", "install xz-utils"],
    ["tar", "xz", "install tar"],
  ] as const) {
    const tools = await temporaryFolder(t);
    symlinkSync(spawnSync("which", [present], { encoding: "utf8" }).stdout.trim(), join(tools, present));
    const { code, stdout, stderr } = await runProgram(
      process.execPath,
      [CLI, "release", "install", file, "--key", box.key],
      { env: { PATH: tools, TELLYPORT_RELEASES: box.root }, timeoutMs: 60_000 },
    );
    t.same([code, stdout], [69, ""]);
    t.equal(stderr, `tellyport: \`${missing}\` is not installed, and unpacks releases: ${cure}.\n`);
    t.equal(startsWith(box.root), "base");
  }
});

t.test(
  "release: openssl's signatures are taken",
  { skip: skip || skipWithoutProgram("openssl") },
  async (t) => {
    const box = await site(t);
    const file = makeRelease(box.folder, "0.2.0");
    const secret = join(box.folder, "private.pem");
    writeFileSync(secret, MAKER.privateKey.export({ type: "pkcs8", format: "pem" }));
    writeFileSync(`${file}.sig`, "");
    const signed = await runProgram("openssl", [
      ...["pkeyutl", "-sign", "-rawin", "-inkey", secret, "-in", file, "-out", `${file}.sig`],
    ]);
    t.equal(signed.code, 0, signed.stderr);
    writeFileSync(`${file}.sig`, readFileSync(`${file}.sig`).toString("base64"));
    t.match(await box.command("install", file, "--key", box.key), { code: 0 });
  },
);

t.test(
  "release: what is for another machine, does not start, or leaves its folder is refused",
  { skip },
  async (t) => {
    const box = await site(t);
    const foreign = Buffer.alloc(64);
    foreign.write("\x7fELF", "latin1");
    foreign.writeUInt16LE(8, 18);
    const cases: [RegExp, FakeRelease][] = [
      [/it is for (arm64|amd64), and this is/, { machine: process.arch === "arm64" ? "amd64" : "arm64" }],
      [/not tellyport-VERSION-linux-ARCH/, { machine: "mips" }],
      [/calls itself "0\.9\.9"/, { says: "0.9.9" }],
      [/native\.node is for another machine/, { files: { "node_modules/x/native.node": foreign } }],
      [/does not start on this box/, { files: { "cli.js": "throw new Error('no')" } }],
      [/of another version/, { files: { "cli.js": "console.log('0.0.1')" } }],
      [/chunks is missing/, { change: (folder) => rmSync(join(folder, "chunks"), { recursive: true }) }],
      [
        /node_modules is missing/,
        { change: (folder) => rmSync(join(folder, "node_modules"), { recursive: true }) },
      ],
      [/cli\.js is missing/, { change: (folder) => rmSync(join(folder, "cli.js")) }],
      [/the link .* leaves its folder/, { change: (folder) => symlinkSync("/etc", join(folder, "etc")) }],
    ];
    for (const [why, fake] of cases) {
      const file = makeRelease(await temporaryFolder(t), "0.5.0", fake);
      const { code, stderr } = await box.command("install", file, "--key", box.key);
      t.match([code, stderr], [64, why]);
      t.same(readdirSync(join(box.root, "releases")), []);
      t.equal(startsWith(box.root), "base");
    }
  },
);

/** A file system of its own, so small; why not, where that is not allowed. */
function mountSmall(t: Teardown, path: string): false | string {
  mkdirSync(path, { recursive: true });
  const { status, stderr, error } = spawnSync("mount", ["-t", "tmpfs", "-o", "size=16m", "none", path], {
    encoding: "utf8",
  });
  if (status !== 0) return `no file system can be mounted here: ${stderr ?? error?.message ?? ""}`;
  t.teardown(() => spawnSync("umount", [path]));
  return false;
}

t.test("release: a disk without room is refused before anything is written", { skip }, async (t) => {
  const box = await site(t);
  const why = mountSmall(t, box.root);
  if (why !== false) {
    t.pass("a disk without room", { skip: why });
    return;
  }
  t.match(await box.install("0.2.0"), {
    code: 69,
    stderr: /no room for it: 33 MiB are needed .* and 16 MiB are free\..*release remove/,
  });
  t.same(readdirSync(join(box.root, "releases")), []);
  t.same(readdirSync(join(box.root, "incoming")), []);
});

t.test("release: one command at a time; what a dead one left is no hindrance", { skip }, async (t) => {
  const box = await site(t);
  mkdirSync(join(box.root, "incoming/half"), { recursive: true });
  const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
  symlinkSync(`${process.pid}@${boot}`, join(box.root, "lock"));
  t.match(await box.install("0.2.0"), {
    code: 69,
    stderr: new RegExp(`process \\(${process.pid}\\) changes`),
  });
  rmSync(join(box.root, "lock"));
  symlinkSync(`${process.pid}@${createHash("sha256").digest("hex")}`, join(box.root, "lock"));
  t.match(await box.install("0.2.0"), { code: 0 }, "of an earlier run of the machine");
  t.same(readdirSync(join(box.root, "incoming")), []);
  t.notOk(existsSync(join(box.root, "lock")));
});
