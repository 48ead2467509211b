import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import t from "tap";
import { diagnose } from "../../../src/cli/doctor.ts";
import { systemClock } from "../../../src/kernel/clock.ts";
import { widthOf } from "../../../src/cli/text.ts";
import { temporaryFolder, type Teardown } from "../../helpers/temporary.ts";
import { fakeDevice } from "../../tuner/drivers/hdhomerun/fake-device.ts";
import { httpSite } from "../../tuner/drivers/network/http-site.ts";
import { startRealBox } from "../real-box.ts";
import { run } from "../run-command.ts";

async function configured(t: Teardown, yaml: string): Promise<string[]> {
  const folder = await temporaryFolder(t);
  const path = join(folder, "tellyport.yaml");
  await writeFile(path, `state: {directory: ${folder}/state}\n${yaml}`);
  return ["--config", path];
}

interface Answer {
  ok: boolean;
  findings: { subject: string; level: string; message: string }[];
  adapters: unknown[];
}

t.test("doctor: sources that answer, and the exit code of a well box", async (t) => {
  const device = await fakeDevice(t, Buffer.alloc(0));
  const site = await httpSite(
    t,
    (_request, response) =>
      void response.end("#EXTINF:-1,One\nhttp://tv.example/1.ts\nrtsp://tv.example/2\n"),
  );
  const config = await configured(
    t,
    `tuners:\n  hdhomerun: {discover: false, hosts: ["${device.site.host}"]}\n  network: {lists: ["http://anna:hunter2@${site.host}/tv.m3u"]}\n`,
  );
  const { code, stdout } = await run(["doctor", ...config], { columns: 80 });
  t.equal(code, 0, stdout);
  t.match(stdout, /ok +HDHomeRun 127\.0\.0\.1:\d+ +HDHomeRun TEST: 2 tuners, 2 channels\n/);
  t.match(stdout, /! +HDHomeRun .* 2 channels of it cannot be had: copy protected/);
  t.match(stdout, /ok +list 127\.0\.0\.1:\d+ +1 channel\n/);
  t.match(stdout, /! +list .* Line 3: .*rtsp/);
  t.match(stdout, /- +daemon +It does not run/);
  t.match(stdout, /Nothing is missing; 2 not as it should be\.\n$/);
  t.notMatch(stdout, /hunter2/);
  for (const line of stdout.split("\n")) t.ok(widthOf(line) <= 80, line);
});

t.test("doctor: what does not answer is named with a cure, and the exit code says so", async (t) => {
  const gone = await httpSite(t, () => undefined);
  await gone.stop();
  const nothing = await httpSite(t, (_request, response) => void response.writeHead(404).end());
  const config = await configured(
    t,
    `tuners:
  hdhomerun: {discover: false, hosts: ["${gone.host}", "${nothing.host}"]}
  network: {lists: ["${gone.url}/tv.m3u", "/nowhere/tv.m3u"]}
  satip: {discover: false, servers: [{host: 127.0.0.1, port: ${gone.port}}]}
  file: {paths: [/nowhere/a.ts]}
  dvb: {adapters: [97]}
`,
  );
  const { code, stdout } = await run(["doctor", "--json", ...config]);
  t.equal(code, 69);
  const answer = JSON.parse(stdout) as Answer;
  t.equal(answer.ok, false);
  const problems = answer.findings.filter(({ level }) => level === "problem");
  t.match(
    new Map(problems.map(({ subject, message }) => [subject, message])),
    new Map([
      [`HDHomeRun ${gone.host}`, /cannot be reached \(ECONNREFUSED\): check/],
      [`HDHomeRun ${nothing.host}`, /is a HDHomeRun's/],
      [`list ${gone.host}`, /cannot be reached/],
      ["list tv.m3u", /check its path/],
      ["SAT>IP 127.0.0.1", /check that it is on/],
      ["file /nowhere/a.ts", /tuners\.file\.paths/],
      ["adapter 97", /plug it in/],
    ]),
  );
  t.equal(problems.length, 7);
});

t.test("doctor: a box without a tuner is not well; a faulty configuration is told as such", async (t) => {
  const { code, stdout } = await run(["doctor", ...(await configured(t, ""))]);
  t.equal(code, 69);
  t.match(stdout, /!! +tuners +The configuration names none/);
  t.match(stdout, /1 needed and missing\.\n$/);
  const bad = await run(["doctor", ...(await configured(t, "tuners: {hdhomrun: {}}\n"))]);
  t.equal(bad.code, 78);
  t.match(bad.stderr, /did you mean tuners\.hdhomerun/);
});

t.test("doctor: with a running daemon its tuners are asked", async (t) => {
  const box = await startRealBox(t);
  const { code, stdout } = await run(["doctor", "--state", box.state, "--json"]);
  const { findings } = JSON.parse(stdout) as Answer;
  t.equal(code, 0, stdout);
  t.match(
    findings.find(({ subject }) => subject === "daemon"),
    { level: "ok", message: "It runs, with 1 tuner." },
  );
  t.match(
    findings.find(({ subject }) => subject === "configuration"),
    { level: "note", message: /there is no \S+tellyport\.yaml.*If the daemon was started with --config/ },
    "it may have been given another file than the one that is looked for here",
  );
  t.match(
    findings.find(({ subject }) => subject.startsWith("tuner ")),
    { subject: "tuner mock-a", level: "ok" },
  );
  t.equal(
    findings.find(({ subject }) => subject === "tuners"),
    undefined,
    "what the configuration names is not what the daemon was started with",
  );
});

t.test("doctor: adapters are described whether they are used or not", async (t) => {
  const [, config = ""] = await configured(t, "tuners: {mock: {}}\n");
  const { findings, adapters } = await diagnose({
    config,
    clock: systemClock,
    signal: new AbortController().signal,
    daemon: async () => ({ kind: "absent" }),
    adapters: async () => [
      {
        id: "dvb-usb-1-1.4",
        adapter: 0,
        frontend: 0,
        device: "/dev/dvb/adapter0/frontend0",
        bus: "usb 1-1.4",
        name: "Si2168",
        apiVersion: "5.11",
        systems: ["dvbt2"],
        frequencyHz: null,
        symbolRate: null,
        pidFilters: null,
        problems: [],
      },
    ],
  });
  t.equal(adapters.length, 1);
  t.match(
    findings.filter(({ subject }) => subject.startsWith("adapter")),
    [
      { subject: "adapter 0", level: "ok", message: "Si2168, usb 1-1.4, dvbt2" },
      { subject: "adapters", level: "note", message: /uses none/ },
    ],
  );
});
