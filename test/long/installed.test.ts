import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import t from "tap";
import type { Offer } from "../../src/protocol/api.ts";
import { PROJECT } from "../helpers/captures.ts";
import { eventually, runProgram, type Finished } from "../helpers/daemon.ts";
import { freePort } from "../helpers/free-port.ts";
import { pairPhone } from "../helpers/phone.ts";
import { ffprobeFrames } from "../helpers/players.ts";
import { skipWithoutProgram } from "../helpers/programs.ts";
import { temporaryFolder } from "../helpers/temporary.ts";

// The packages of `scripts/build-packages`, installed in a Debian 13 of each processor. Foreign ones run under qemu.
// TELLYPORT_PACKAGES and TELLYPORT_ROOTS name folders that are there already; TELLYPORT_ARCH some of the processors.

const PACKAGES = resolve(PROJECT, process.env["TELLYPORT_PACKAGES"] ?? "build/packages");
const ROOTS = resolve(PROJECT, process.env["TELLYPORT_ROOTS"] ?? "build/debian-roots");
const SCRIPT = join(PROJECT, "test/long/debian-root.sh");
const QEMU: Record<string, string[]> = {
  amd64: [],
  arm64: ["qemu-aarch64-static"],
  armhf: ["qemu-arm-static"],
};
const chosen = (process.env["TELLYPORT_ARCH"] ?? "amd64,arm64,armhf").split(",");
const MINUTES = 60_000;

/** Why it cannot run here, or false. */
function skip(architecture: string): false | string {
  if (process.getuid?.() !== 0) return "only root makes another system in a folder";
  if (!existsSync(join(PACKAGES, "SHA256SUMS")))
    return `no packages in ${PACKAGES}: scripts/build-packages makes them`;
  return skipWithoutProgram("debootstrap", "ffprobe", "dpkg-deb", ...(QEMU[architecture] ?? []));
}

function packageOf(name: string, architecture: string): string | null {
  const end = `_${architecture}.deb`;
  const file = readdirSync(PACKAGES).find((one) => one.startsWith(`${name}_`) && one.endsWith(end));
  return file === undefined ? null : join(PACKAGES, file);
}

/** The same package as another version, as an upgrade of it would be. */
function asVersion(file: string, version: string, scratch: string): string {
  const [folder, made] = [join(scratch, "upgrade"), join(scratch, "upgrade.deb")];
  const run = (...args: string[]) => {
    const { status, stderr } = spawnSync("dpkg-deb", args, { encoding: "utf8" });
    if (status !== 0) throw new Error(stderr);
  };
  run("-R", file, folder);
  const control = join(folder, "DEBIAN/control");
  writeFileSync(control, readFileSync(control, "utf8").replace(/^Version: .*$/m, `Version: ${version}`));
  run("--root-owner-group", "-Zgzip", "-b", folder, made);
  return made;
}

/** Resident memory of the youngest process whose command line has the text, MB; what emulates it included. */
function residentMb(text: string): number {
  const found = spawnSync("pgrep", ["-n", "-f", text], { encoding: "utf8" }).stdout.trim();
  const status = readFileSync(`/proc/${found}/status`, "utf8");
  return Math.round(Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1]) / 1024);
}

for (const architecture of chosen) {
  t.test(
    `installed on ${architecture}: a channel is played from outside; upgrade, removal, purge`,
    { skip: skip(architecture) },
    async (t) => {
      t.setTimeout(60 * MINUTES);
      const root = join(ROOTS, architecture);
      const enter = (...command: string[]): Promise<Finished> =>
        runProgram("sh", [SCRIPT, "enter", root, ...command], { timeoutMs: 20 * MINUTES });
      const well = async (...command: string[]): Promise<string> => {
        const { code, stdout, stderr } = await enter(...command);
        t.equal(code, 0, `${command.join(" ")}\n${code === 0 ? "" : stderr}`);
        return stdout;
      };
      if (!existsSync(root)) {
        mkdirSync(ROOTS, { recursive: true });
        const { code, stderr } = await runProgram("sh", [SCRIPT, "make", architecture, root], {
          timeoutMs: 30 * MINUTES,
        });
        if (code !== 0) rmSync(root, { recursive: true, force: true });
        t.equal(code, 0, stderr);
      }
      // Whatever an earlier run left.
      await enter("dpkg", "--purge", "tellyport", "tellyport-node");

      const application = packageOf("tellyport", architecture) ?? "";
      const node = packageOf("tellyport-node", architecture);
      for (const file of [application, ...(node === null ? [] : [node])])
        cpSync(file, join(root, "tmp", file.slice(PACKAGES.length)));
      if (node === null) {
        // Of the distribution.
        cpSync("/etc/resolv.conf", join(root, "etc/resolv.conf"));
        await well(
          "sh",
          "-c",
          "command -v node || { apt-get update && apt-get install -y --no-install-recommends nodejs; }",
        );
      } else await well("dpkg", "-i", `/tmp/${node.slice(PACKAGES.length + 1)}`);
      await well("dpkg", "-i", `/tmp/${application.slice(PACKAGES.length + 1)}`);
      t.match(await well("id", "tellyport"), /\(video\)/, "the user is there, and may use tuners");
      t.equal(
        (await well("tellyport", "--version")).trim(),
        JSON.parse(readFileSync(join(PROJECT, "package.json"), "utf8")).version,
      );
      t.ok(
        readdirSync(join(root, "etc/systemd/system/multi-user.target.wants")).includes("tellyport.service"),
        "it is enabled",
      );

      const port = await freePort();
      writeFileSync(
        join(root, "tmp/box.yaml"),
        `http: {address: "127.0.0.1", port: ${port}, https: {port: 0}}\nannounce: {mdns: false, ssdp: off}\n`,
      );
      const state = "/var/lib/tellyport";
      const from = performance.now();
      const asUser =
        "install -d -o tellyport -g tellyport -m 0700 /var/lib/tellyport && exec setpriv --reuid tellyport --regid tellyport --init-groups tellyport run --config /tmp/box.yaml --state /var/lib/tellyport --tuner mock";
      const daemon = spawn("sh", [SCRIPT, "enter", root, "sh", "-c", asUser], {
        stdio: ["ignore", "pipe", "pipe"],
      });
      t.teardown(() => daemon.kill("SIGKILL"));
      let log = "";
      for (const stream of [daemon.stdout, daemon.stderr])
        stream.on("data", (chunk: Buffer) => (log += chunk.toString()));
      const url = `http://127.0.0.1:${port}`;
      await eventually(
        "the daemon answers",
        async () => {
          if (daemon.exitCode !== null) throw new Error(`it ended: ${log.slice(-3000)}`);
          return (await fetch(`${url}/healthz`).catch(() => null))?.ok;
        },
        10 * MINUTES,
      );
      const seconds = (performance.now() - from) / 1000;
      const offer = async (): Promise<Offer> =>
        JSON.parse(await well("tellyport", "pair", "--json", "--state", state)) as Offer;
      const phone = await pairPhone(t, { url, openOffer: offer });
      await eventually("channels are there", async () => (await phone.channels()).length > 0, 5 * MINUTES);
      const { hls } = await phone.play("1");
      const probed = await ffprobeFrames(hls, 4);
      t.same(probed.streams.map(({ codec }) => codec).sort(), ["aac", "h264"], probed.complaints.join("\n"));
      t.ok(probed.pictures > 0 && probed.sounds > 0, "picture and sound");
      t.comment(
        `${architecture}: first answer after ${seconds.toFixed(1)} s, ${residentMb("lib/tellyport/cli.js run")} MB resident while it plays${(QEMU[architecture] ?? []).length > 0 ? ", qemu included" : ""}`,
      );
      daemon.kill("SIGTERM");
      await once(daemon, "exit");
      t.match(log, /"msg":"stopped"/, "it ends when it is told to");

      // Identity and clients stay through an upgrade and a removal, and go when somebody says so.
      const identity = () => readFileSync(join(root, state, "identity.key"), "utf8");
      const before = identity();
      cpSync(asVersion(application, "9.9.9", await temporaryFolder(t)), join(root, "tmp/upgrade.deb"));
      await well("dpkg", "-i", "/tmp/upgrade.deb");
      t.match(await well("dpkg-query", "-W", "-f", "${Version}", "tellyport"), "9.9.9");
      t.equal(identity(), before);
      await well("tellyport", "--version");
      await well("dpkg", "--remove", "tellyport");
      t.notOk(existsSync(join(root, "usr/bin/tellyport")));
      t.equal(identity(), before);
      await well("dpkg", "--purge", "tellyport");
      t.notOk(existsSync(join(root, state)), "purged");
      t.notOk(existsSync(join(root, "etc/systemd/system/multi-user.target.wants/tellyport.service")));
    },
  );
}
