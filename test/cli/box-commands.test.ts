import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import t from "tap";
import { widthOf } from "../../src/cli/text.ts";
import { temporaryFolder } from "../helpers/temporary.ts";
import { startRealBox } from "./real-box.ts";
import { run } from "./run-command.ts";

t.test("box commands: without a daemon they say how to start it", async (t) => {
  const state = await temporaryFolder(t);
  for (const command of [["pair"], ["clients", "list"], ["channels"], ["tuners"], ["mock", "clear"]]) {
    const { code, stderr, stdout } = await run([...command, "--state", state]);
    t.equal(code, 69, command.join(" "));
    t.match(stderr, /^tellyport: No Tellyport daemon runs .*`tellyport run`/);
    t.equal(stdout, "");
  }
  const { code, stderr } = await run(["channels", "--json"], { env: { TELLYPORT_STATE: state } });
  t.equal(code, 69);
  t.match(JSON.parse(stderr), { code: "daemon-not-running", status: 503 });
});

t.test(
  "box commands: the state directory comes from --state, the environment, the configuration",
  async (t) => {
    const folder = await temporaryFolder(t);
    const config = join(folder, "tellyport.yaml");
    await writeFile(config, `state: {directory: ${folder}/configured}\n`);
    const env = { TELLYPORT_STATE: `${folder}/environment` };
    const asked = async (args: string[], of = {}): Promise<string> =>
      (await run(["channels", ...args], { env: of })).stderr;
    t.match(await asked(["--state", `${folder}/given`, "--config", config], env), /directory \S+\/given:/);
    t.match(await asked(["--config", config], env), /directory \S+\/environment:/);
    t.match(await asked(["--config", config]), /directory \S+\/configured:/);
    const missing = await run(["pair", "--config", join(folder, "none.yaml")], { env });
    t.equal(missing.code, 78, "what was named is read, though the environment names the directory");
    t.match(missing.stderr, /none\.yaml cannot be read/);
    await writeFile(config, "stat: {}\n");
    const bad = await run(["channels", "--config", config]);
    t.equal(bad.code, 78);
    t.match(bad.stderr, /did you mean state/);
  },
);

t.test("box commands: pair shows a person what to scan, type and open", async (t) => {
  const box = await startRealBox(t);
  const json = await run(["pair", "--state", box.state, "--json"]);
  const offer = JSON.parse(json.stdout) as { code: string; url: string; expiresAt: string };
  t.same(Object.keys(offer), ["code", "url", "expiresAt"]);
  t.match(offer.code, /^[B-DF-HJ-NP-TV-XZ]{4}-[B-DF-HJ-NP-TV-XZ]{4}$/);
  t.match(offer.url, /^http:\/\/127\.0\.0\.1:\d+\/?#p=1\./);

  const shown = await run(["pair", "--role", "kid", "--state", box.state], { columns: 80 });
  t.match(shown.stdout, /which becomes a kid/);
  t.notMatch(shown.stdout, /#p=1/, "the secret is in the QR code alone");
  for (const line of shown.stdout.split("\n")) t.ok(widthOf(line) <= 80);
  t.equal((await run(["pair", "--role", "king", "--state", box.state])).code, 64);
});

t.test("box commands: clients are listed, renamed and revoked by name", async (t) => {
  const box = await startRealBox(t);
  const folder = await temporaryFolder(t);
  for (const name of ["Anna's phone", "Anna's tablet", "Kitchen"]) {
    const env = { TELLYPORT_CREDENTIALS: join(folder, `${name}.json`) };
    t.equal(
      (await run(["remote", "pair", box.access.openOffer("viewer").url, "--name", name], { env })).code,
      0,
    );
  }
  const list = await run(["clients", "list", "--state", box.state], { columns: 80 });
  t.match(list.stdout, /^Id +Name +Role/);
  t.match(list.stdout, /Anna's tablet +viewer/);

  const ambiguous = await run(["clients", "revoke", "anna", "--state", box.state]);
  t.equal(ambiguous.code, 64);
  t.match(ambiguous.stderr, /Anna's phone, \S+ Anna's tablet/);
  t.equal((await run(["clients", "revoke", "Kitchn", "--state", box.state])).code, 69);
  t.match(
    (await run(["clients", "revoke", "Kitchn", "--state", box.state])).stderr,
    /did you mean "Kitchen"/,
  );

  t.equal((await run(["clients", "rename", "kitchen", "Cellar", "--state", box.state])).code, 0);
  t.equal((await run(["clients", "revoke", "anna's p", "--state", box.state])).code, 0);
  const left = JSON.parse((await run(["clients", "list", "--json", "--state", box.state])).stdout) as {
    clients: { name: string }[];
  };
  t.same(left.clients.map(({ name }) => name).sort(), ["Anna's tablet", "Cellar"]);
});

t.test("box commands: tables keep to the terminal's width, and to nothing in a pipe", async (t) => {
  const box = await startRealBox(t);
  for (const command of ["channels", "tuners"]) {
    const { stdout, code } = await run([command, "--state", box.state], { columns: 80 });
    t.equal(code, 0);
    for (const line of stdout.split("\n")) t.ok(widthOf(line) <= 80, line);
  }
  const tuners = await run(["tuners", "--state", box.state], { columns: 80 });
  t.match(tuners.stdout, /mock-a +streaming +mock-1 +-52 dBm 28.5 dB +123456 +3\n/);
  t.match(tuners.stdout, /errors +2 continuity, 1 overflow/);
  t.match((await run(["channels", "--state", box.state])).stdout, /far too long for a narrow terminal/);
});

t.test("box commands: mock requests carry their members as JSON", async (t) => {
  const box = await startRealBox(t);
  const fault = await run(["mock", "fault", "kind=no-lock", "forMs=500", "--json", "--state", box.state]);
  t.same(JSON.parse(fault.stdout), { got: { kind: "no-lock", forMs: 500 } });
  const object = await run(["mock", "fault", '{"kind": "no-data"}', "--json", "--state", box.state]);
  t.same(JSON.parse(object.stdout), { got: { kind: "no-data" } });
  const onAir = await run(["mock", "on-air", "service=101", "--json", "--state", box.state]);
  t.same(JSON.parse(onAir.stdout), { query: { service: "101" } });
  const cleared = await run(["mock", "clear", "--json", "--state", box.state]);
  t.same(JSON.parse(cleared.stdout), { faults: [] });
  t.equal((await run(["mock", "fault", "no-lock", "--state", box.state])).code, 64);
});
