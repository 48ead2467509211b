import { createServer, type AddressInfo } from "node:net";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import t, { type Test } from "tap";
import { startDaemon, tellyport, type Finished } from "../helpers/daemon.ts";
import { pairPhone } from "../helpers/phone.ts";
import { temporaryFolder } from "../helpers/temporary.ts";

/** One sentence that says what to do, and nothing of the program's insides. */
function isSentence(t: Test, { stderr }: Finished, pattern: RegExp): void {
  const said = stderr.split("\n").filter((line) => line !== "" && !line.startsWith("{"));
  t.match(said.join("\n"), pattern);
  t.equal(said.length, 1, `one sentence, not ${JSON.stringify(said)}`);
  t.notMatch(stderr, /\n\s+at .*:\d+:\d+/, "no stack");
}

t.test("bad input: files that are no transport stream", async (t) => {
  const folder = await temporaryFolder(t);
  const file = async (name: string, content: string | Buffer): Promise<string> => {
    await writeFile(join(folder, name), content);
    return `file:${join(folder, name)}`;
  };
  const run = (tuner: string): Promise<Finished> =>
    tellyport(["run", "--state", join(folder, "state"), "--port", "0", "--tuner", tuner]);
  const empty = await run(await file("empty.ts", ""));
  t.equal(empty.code, 78);
  isSentence(t, empty, /empty/);
  const text = await run(await file("text.ts", "This is a letter, not a broadcast.\n".repeat(500)));
  t.equal(text.code, 78);
  isSentence(t, text, /transport stream/);
  const missing = await run(`file:${join(folder, "none.ts")}`);
  t.equal(missing.code, 78);
  isSentence(t, missing, /There is no file "\/.*\/none\.ts"/);
  const nonsense = await run("radio");
  t.equal(nonsense.code, 64);
  isSentence(t, nonsense, /--tuner takes/);
  const last = await tellyport([
    "run",
    "--state",
    join(folder, "state"),
    "--port",
    "65535",
    "--tuner",
    "mock",
  ]);
  t.equal(last.code, 64);
  isSentence(t, last, /--port is a number from 0 to 65534.*https/);
});

t.test("bad input: configuration", async (t) => {
  const folder = await temporaryFolder(t);
  const path = join(folder, "c.yaml");
  await writeFile(path, "http: {prot: 8080}\n");
  for (const args of [
    ["run", "--config", path, "--state", folder],
    ["check-config", "--config", path],
  ]) {
    const refused = await tellyport(args);
    t.equal(refused.code, 78, args.join(" "));
    isSentence(t, refused, /http\.prot is not a key .* did you mean http\.port\?/);
  }
  const missing = await tellyport(["check-config", "--config", join(folder, "none.yaml")]);
  t.equal(missing.code, 78);
  isSentence(t, missing, /cannot be read/);
  for (const [wrong, why] of [
    ["http: {https: {certificateFile: /etc/c.pem}}", /belong together/],
    ["online: {authoritiesFile: /nowhere.pem}", /online\.authoritiesFile names \/nowhere\.pem/],
  ] as const) {
    await writeFile(path, `${wrong}\n`);
    for (const args of [
      ["run", "--config", path, "--state", folder],
      ["check-config", "--config", path],
    ]) {
      const refused = await tellyport(args);
      t.equal(refused.code, 78, args.join(" "));
      isSentence(t, refused, why);
    }
  }
  await writeFile(path, "http: {port: 8081}\n");
  const good = await tellyport(["check-config", "--config", path, "--json"]);
  t.equal(good.code, 0);
  t.match(
    (JSON.parse(good.stdout) as { values: { key: string }[] }).values.find(({ key }) => key === "http.port"),
    { value: 8081, origin: "file" },
  );
  const ports = await tellyport(["check-config", "--config", path, "--port", "9000", "--json"]);
  const { values } = JSON.parse(ports.stdout) as { values: { key: string }[] };
  t.match(
    values.filter(({ key }) => /^http.*port$/.test(key)),
    [
      { key: "http.port", value: 9000, origin: "command line" },
      { key: "http.https.port", value: 9001, origin: "command line" },
    ],
    "as `run` with the same flags has them",
  );
});

t.test("bad input: a port in use, and a state directory in use", async (t) => {
  const blocker = createServer();
  await new Promise<void>((resolve) => blocker.listen(0, "127.0.0.1", resolve));
  t.teardown(() => blocker.close());
  const folder = await temporaryFolder(t);
  const path = join(folder, "c.yaml");
  await writeFile(
    path,
    `http: {address: "127.0.0.1", port: ${(blocker.address() as AddressInfo).port}, https: {enabled: false}}\nannounce: {mdns: false, ssdp: off}\n`,
  );
  const busy = await tellyport(["run", "--config", path, "--state", folder, "--tuner", "mock"]);
  t.equal(busy.code, 69);
  isSentence(t, busy, /Port \d+ is in use/);
  const box = await startDaemon(t);
  const second = await tellyport(["run", "--state", box.state, "--port", "0", "--tuner", "mock"]);
  t.equal(second.code, 69);
  isSentence(t, second, /Another Tellyport/);
});

t.test("bad input: state directories that cannot be", { timeout: 60_000 }, async (t) => {
  for (const state of ["/proc/tellyport", "/dev/null/x"]) {
    const refused = await tellyport(["run", "--state", state, "--port", "0", "--tuner", "mock"]);
    t.equal(refused.code, 69, state);
    isSentence(t, refused, new RegExp(`The state directory ${state} cannot be .*--state`));
  }
});

t.test("bad input: codes, addresses, commands", async (t) => {
  const box = await startDaemon(t);
  await pairPhone(t, box);
  const folder = await temporaryFolder(t);
  const env = { ...process.env, TELLYPORT_CREDENTIALS: join(folder, "credentials.json") };
  await box.openOffer();
  const wrong = await tellyport(["remote", "pair", box.url, "--code", "BCDF-GHJK"], { env });
  t.equal(wrong.code, 77);
  isSentence(t, wrong, /code/i);
  const nonsense = await tellyport(["remote", "pair", box.url, "--code", "HELLO"], { env });
  t.equal(nonsense.code, 64);
  isSentence(t, nonsense, /8 letters/);
  const nobody = await tellyport(["remote", "pair", "http://127.0.0.1:9", "--code", "BCDF-GHJK"], { env });
  t.equal(nobody.code, 69);
  const unpaired = await tellyport(["remote", "channels"], { env });
  t.equal(unpaired.code, 77);
  const stopped = await tellyport(["channels", "--state", folder]);
  t.equal(stopped.code, 69);
  isSentence(t, stopped, /tellyport run.*--state DIR or \$TELLYPORT_STATE .*\.\/var/);
  for (const [args, words] of [
    [["fault"], /no fault of the mock broadcaster: `tellyport mock fault --help`/],
    [["fault", "kind=earthquake"], /no fault of the mock broadcaster: `tellyport mock fault --help`/],
    [
      ["fault", "kind=packet-loss", "ratio=7"],
      /no fault of the mock broadcaster: `tellyport mock fault --help`/,
    ],
    [["on-air"], /multiplex=mock-1 service=ID/],
  ] as const) {
    const refused = await tellyport(["mock", ...args, "--state", box.state]);
    t.equal(refused.code, 64, args.join(" "));
    isSentence(t, refused, words);
  }
  const typo = await tellyport(["chanels"]);
  t.equal(typo.code, 64);
  isSentence(t, typo, /channels/);
});
