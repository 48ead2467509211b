import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import t from "tap";
import { ContentsCheck } from "../../../src/cli/release/contents.ts";
import { machineOf } from "../../../src/cli/release/elf.ts";
import { architectureOf, isVersion, parseReleaseName } from "../../../src/cli/release/release-name.ts";
import { retired, type Lying } from "../../../src/cli/release/retired.ts";
import { TarHeaders, type TarEntry } from "../../../src/cli/release/tar-headers.ts";
import { contentsOf } from "../../../src/cli/release/unpack.ts";
import { skipWithoutProgram } from "../../helpers/programs.ts";
import { temporaryFolder } from "../../helpers/temporary.ts";
import { makeRelease } from "./fake-release.ts";

t.test("release name: what names a release, and what would leave its folder", (t) => {
  t.same(parseReleaseName("tellyport-0.2.0-linux-arm64"), { version: "0.2.0", architecture: "arm64" });
  t.same(parseReleaseName("tellyport-1.0.0-rc.1-linux-x64"), {
    version: "1.0.0-rc.1",
    architecture: "amd64",
  });
  for (const name of ["tellyport-0.2.0", "tellyport-..-linux-arm64", "tellyport-0.2.0-linux-mips", "x"])
    t.equal(parseReleaseName(name), null, name);
  for (const text of ["", ".", "..", "../1", "1/2", "a", "1..2", "1 2", "1".repeat(80)])
    t.notOk(isVersion(text), text);
  t.equal(architectureOf("constructor"), null);
  t.equal(architectureOf(process.arch) === null, false, "of this machine");
  t.end();
});

t.test("elf: programs of this machine are known as such", (t) => {
  t.equal(machineOf(readFileSync(process.execPath).subarray(0, 64)), architectureOf(process.arch));
  t.equal(machineOf(Buffer.from("#!/bin/sh\nexec something\n")), null);
  t.end();
});

t.test("retired: three stay, what runs and what ran before among them; what failed goes first", (t) => {
  const one = (version: string, installedAt: number, bad = false): Lying => ({ version, installedAt, bad });
  const all = [one("1", 1), one("2", 2), one("3", 3, true), one("4", 4), one("5", 5)];
  t.same(retired(all, ["5", "4"]), ["3", "1"]);
  t.same(retired(all, ["1", "3"]), ["2", "4"], "never what is needed");
  t.same(retired(all.slice(0, 3), ["1", null]), []);
  t.end();
});

/** A folder with all that tar writes in ways of its own. */
async function sampleFolder(t: Parameters<typeof temporaryFolder>[0]): Promise<string> {
  const folder = await temporaryFolder(t);
  const top = join(folder, "tellyport-0.2.0-linux-arm64");
  const deep = join(top, "d".repeat(90), "e".repeat(90));
  mkdirSync(deep, { recursive: true });
  writeFileSync(join(deep, "f".repeat(120)), "x".repeat(1000));
  writeFileSync(join(top, "公視"), "");
  writeFileSync(join(top, "cli.js"), "y".repeat(512));
  chmodSync(join(top, "cli.js"), 0o755);
  symlinkSync("cli.js", join(top, "link"));
  symlinkSync(`${"d".repeat(90)}/${"e".repeat(90)}/${"f".repeat(120)}`, join(top, "long-link"));
  return folder;
}

function headersOf(archive: Buffer, step = archive.length): { entries: TarEntry[]; ended: boolean } {
  const headers = new TarHeaders();
  const entries: TarEntry[] = [];
  for (let at = 0; at < archive.length; at += step)
    entries.push(...headers.push(archive.subarray(at, at + step)));
  return { entries, ended: headers.ended };
}

t.test("tar headers: names, kinds and sizes are those that tar lists, in each of its formats", async (t) => {
  const folder = await sampleFolder(t);
  for (const format of ["gnu", "pax", "posix"]) {
    const archive = execFileSync("tar", [`--format=${format}`, "-cf", "-", "tellyport-0.2.0-linux-arm64"], {
      cwd: folder,
      maxBuffer: 1 << 26,
    });
    const listed = execFileSync("tar", ["--quoting-style=literal", "-tf", "-"], {
      input: archive,
      encoding: "utf8",
    });
    const { entries, ended } = headersOf(archive);
    t.ok(ended);
    t.same(
      entries.map(({ name }) => name),
      listed.trim().split("\n"),
      format,
    );
    const kind = (end: string): TarEntry | undefined => entries.find(({ name }) => name.endsWith(end));
    t.match(kind("cli.js"), { kind: "file", size: 512, mode: 0o755 });
    t.match(kind("/link"), { kind: "symlink", target: "cli.js" });
    t.match(kind("long-link"), { kind: "symlink", target: /f{120}$/ });
    t.match(kind("f".repeat(120)), { kind: "file", size: 1000 });
    for (const step of [1, 511, 513, 4096]) t.same(headersOf(archive, step).entries, entries, `by ${step}`);
  }
});

t.test("tar headers: noise is refused with a range error, or read as nothing", (t) => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 3000 }), (bytes) => {
      try {
        headersOf(Buffer.from(bytes), 700);
      } catch (error) {
        if (!(error instanceof RangeError)) throw error;
      }
    }),
    { numRuns: 300 },
  );
  t.end();
});

t.test("contents: what tar itself would list of a whole release is taken", async (t) => {
  const folder = await sampleFolder(t);
  const tar = spawnSync("tar", ["-cf", "-", "tellyport-0.2.0-linux-arm64"], {
    cwd: folder,
    maxBuffer: 1 << 26,
  });
  const check = new ContentsCheck();
  const { entries } = headersOf(tar.stdout);
  for (const entry of entries) check.take(entry);
  t.match(check.end(), { folder: "tellyport-0.2.0-linux-arm64", entries: entries.length });
  t.ok(check.end().bytes >= 1512);
});

t.test("contents: nothing that leaves its folder, or is more than a file, is let through", (t) => {
  const top: TarEntry = { name: "r/", kind: "folder", mode: 0o755, size: 0, target: "" };
  const file = (name: string, more: Partial<TarEntry> = {}): TarEntry => ({
    ...{ name, kind: "file", mode: 0o644, size: 1, target: "" },
    ...more,
  });
  const link = (name: string, target: string): TarEntry =>
    file(name, { kind: "symlink", mode: 0o777, target });
  const refused: [RegExp, ...TarEntry[]][] = [
    [/leaves/, file("/etc/passwd")],
    [/leaves/, file("r/../../x")],
    [/leaves/, file("../x")],
    [/leaves/, file("r//x")],
    [/beside/, file("x")],
    [/leaves/, link("r/a", "/etc")],
    [/leaves/, link("r/a", "../..")],
    [/leaves/, link("r/a", "..")],
    [/leaves/, link("r/b/c", "../../x")],
    [/leaves/, link("r/a", "")],
    [/behind a link/, link("r/a", "b"), file("r/a/x")],
    [/twice/, link("r/a", "b"), file("r/a")],
    [/twice/, file("r/a"), link("r/a", "b")],
    [/hard link/, file("r/a", { kind: "hard link", target: "/etc/shadow" })],
    [/other/, file("r/a", { kind: "other" })],
    [/rights/, file("r/a", { mode: 0o4755 })],
    [/rights/, file("r/a", { mode: 0o666 })],
    [/no name/, file("r/a\nb")],
    [/too large/, file("r/a", { size: 2 ** 31 })],
    [/beside/, link("x", "r/cli.js")],
  ];
  for (const [why, ...entries] of refused) {
    const check = new ContentsCheck();
    check.take(top);
    t.throws(() => entries.forEach((entry) => check.take(entry)), why, JSON.stringify(entries));
  }
  const only = new ContentsCheck();
  t.throws(() => only.take(file("r")), /no folder/);
  t.throws(() => new ContentsCheck().end(), /nothing/);
  const good = new ContentsCheck();
  for (const entry of [top, file("r/a"), link("r/b/c", "../a"), link("r/d", "b")]) good.take(entry);
  t.equal(good.end().entries, 4);
  t.end();
});

t.test(
  "contents: a release of which any one bit is another is refused as such",
  { skip: skipWithoutProgram("tar", "xz") },
  async (t) => {
    const archive = readFileSync(makeRelease(await temporaryFolder(t), "0.2.0"));
    t.ok((await contentsOf(archive)).entries > 0, "before");
    await fc.assert(
      fc.asyncProperty(fc.nat(archive.length - 1), fc.nat(7), async (at, bit) => {
        const damaged = Buffer.from(archive);
        damaged[at] = (damaged[at] ?? 0) ^ (1 << bit);
        const error = await contentsOf(damaged).then(
          () => null,
          (error: unknown) => error,
        );
        return (error as { code?: string } | null)?.code === "release-invalid";
      }),
      { numRuns: 100 },
    );
  },
);
