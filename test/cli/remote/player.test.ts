import { chmod, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import t from "tap";
import { playerArguments } from "../../../src/cli/remote/player.ts";
import { eventually } from "../../helpers/daemon.ts";
import { temporaryFolder, type Teardown } from "../../helpers/temporary.ts";
import { startRealBox, type RealBox } from "../real-box.ts";
import { run, start } from "../run-command.ts";

/** A paired machine on which `mpv` is this shell script; `$OUT` names a file of the test's. */
async function withPlayer(
  t: Teardown,
  script: string,
): Promise<{ box: RealBox; env: Record<string, string>; out: string }> {
  const folder = await temporaryFolder(t);
  const out = join(folder, "out");
  await writeFile(join(folder, "mpv"), `#!/bin/sh\n${script}\n`);
  await chmod(join(folder, "mpv"), 0o755);
  const box = await startRealBox(t);
  const env = {
    TELLYPORT_CREDENTIALS: join(folder, "c.json"),
    PATH: `${folder}:/usr/bin:/bin`,
    OUT: out,
  };
  await run(["remote", "pair", box.access.openOffer().url], { env });
  return { box, env, out };
}

t.test("player: is given the address, and its end ends the playback", async (t) => {
  const { box, env, out } = await withPlayer(t, 'printf "%s\\n" "$@" > "$OUT"');
  const { code, stdout } = await run(["remote", "play", "公視", "--player", "mpv", "--json"], { env });
  t.equal(code, 0);
  const { hls } = JSON.parse(stdout) as { hls: string };
  t.equal(await readFile(out, "utf8"), `--force-media-title=公視新聞台 HD\n${hls}\n`);
  t.ok(box.calls.includes("DELETE /api/v1/playback/p1"));
});

t.test("player: one that fails is said to have", async (t) => {
  const { env, box } = await withPlayer(t, "exit 3");
  const { code, stderr } = await run(["remote", "play", "1", "--player", "mpv", "--json"], { env });
  t.equal(code, 69);
  t.match(JSON.parse(stderr), { code: "player-failed", title: /mpv ended with status 3/ });
  t.ok(box.calls.includes("DELETE /api/v1/playback/p1"));
});

t.test("player: ends when the person interrupts, and when the box ends the playback", async (t) => {
  const { env, box, out } = await withPlayer(t, 'echo up > "$OUT"; exec sleep 60');
  const started = (): Promise<string | null> =>
    eventually("the player", () => readFile(out, "utf8").catch(() => null));
  const first = start(["remote", "play", "1", "--player", "mpv", "--json"], { env });
  await started();
  first.interrupt();
  t.equal((await first.done).code, 0);

  const second = start(["remote", "play", "1", "--player", "mpv", "--json"], { env });
  await eventually("the event stream", () => box.listening());
  box.endPlayback("p2", "client-revoked", "The owner ended this phone's access.");
  t.match(await second.done, { code: 77, stderr: /The owner ended/ });
});

t.test("player: a channel's name is never taken for a flag", (t) => {
  for (const player of ["mpv", "vlc", "ffplay"] as const) {
    const args = playerArguments(player, "http://x/", "--script=evil");
    t.equal(args.at(-1), "http://x/");
    const at = args.indexOf("--script=evil");
    t.ok(at === -1 || args[at - 1] === "-window_title", player);
  }
  t.end();
});
