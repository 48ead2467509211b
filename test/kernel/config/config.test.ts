import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import t from "tap";
import { parse } from "yaml";
import { loadConfig, nearest } from "../../../src/kernel/config/index.ts";
import { changeOwnerSettings } from "../../../src/kernel/config/owner-settings.ts";
import { isTellyportError } from "../../../src/kernel/errors.ts";

async function folder(t: Tap): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), "tellyport-config-"));
  t.teardown(() => rm(path, { recursive: true }));
  return path;
}
type Tap = { teardown(f: () => unknown): void };

async function load(t: Tap, yaml: string, overrides: Record<string, unknown> = {}) {
  const path = join(await folder(t), "tellyport.yaml");
  await writeFile(path, yaml);
  return loadConfig({ path, overrides });
}

t.test("config: without a file every value is the default, and says so", async (t) => {
  const { config, values, path } = await loadConfig({ overrides: { state: { directory: await folder(t) } } });
  t.equal(path, null);
  t.equal(config.http.port, 8080);
  t.equal(config.live.mediaBudgetMiB, 64);
  t.same(
    values.find((row) => row.key === "http.port"),
    { key: "http.port", value: 8080, origin: "default" },
  );
  t.equal(values.find((row) => row.key === "state.directory")?.origin, "command line");
});

t.test("config: file under owner under command line", async (t) => {
  const state = await folder(t);
  await writeFile(join(state, "settings.yaml"), "box: {name: Salon}\nhttp: {port: 1}\n");
  const { config, values } = await load(
    t,
    `box: {name: Box}\nhttp: {port: 90}\nstate: {directory: ${state}}\n`,
    { http: { port: 91 } },
  );
  t.equal(config.box.name, "Salon", "the owner's name wins over the file's");
  t.equal(config.http.port, 91, "the owner may not change the port; the command line may");
  t.equal(values.find((row) => row.key === "box.name")?.origin, "owner");
  t.equal(values.find((row) => row.key === "http.port")?.origin, "command line");
  t.equal(values.find((row) => row.key === "state.directory")?.origin, "file");
});

t.test("config: what a newer release let the owner set costs an older one nothing", async (t) => {
  const state = await folder(t);
  const settings = join(state, "settings.yaml");
  await writeFile(settings, "box: {name: Salon, colour: red}\nrecorder: {hours: 3}\n");
  const { config } = await load(t, `state: {directory: ${state}}\n`);
  t.equal(config.box.name, "Salon");
  await changeOwnerSettings(state, { box: { name: "Küche" } });
  t.same(
    parse(await readFile(settings, "utf8")),
    { box: { name: "Küche", colour: "red" }, recorder: { hours: 3 } },
    "kept for when that release comes back",
  );

  await writeFile(settings, "box:\n  name: [1]\nonline: {enabled: true, port: https}\n");
  const less = await load(t, `state: {directory: ${state}}\nbox: {name: Den}\n`);
  t.match(less.config, { box: { name: "Den" }, online: { enabled: true, port: 0 } });
  t.match(less.leftOut, [
    { key: "box.name", line: 2, message: `${settings}: box.name must be text` },
    { key: "online.port", line: 3, message: /whole number/ },
  ]);
  t.equal(less.values.find((row) => row.key === "box.name")?.origin, "file");

  // What a failing disk made of it.
  await writeFile(settings, Buffer.alloc(100));
  const none = await load(t, `state: {directory: ${state}}\n`);
  t.match(none.leftOut, [{ key: "", message: new RegExp(settings) }]);
});

t.test("config: only the tuners that are named exist", async (t) => {
  t.same((await load(t, "{}")).config.tuners, {}, "none is invented");
  const file = (await load(t, "{}", { tuners: { file: { paths: ["a.ts"] } } })).config.tuners;
  t.same(file, { file: { paths: ["a.ts"], bitrate: 0, loop: "seamless" } }, "captures in place of the mock");
  const instead = { tuners: { mock: undefined, file: { paths: ["a.ts"] } } };
  const replaced = (await load(t, "tuners: {mock: {}}", instead)).config.tuners;
  t.same(Object.keys(replaced), ["file"], "the command line takes the place of the file's");
  const mock = (await load(t, "tuners: {mock: {}}")).config.tuners;
  t.same(Object.keys(mock), ["mock"]);
  t.equal(mock.mock?.lockDelayMs, 150, "what is named has its defaults");
});

t.test("config: an unknown key is refused, with the nearest known one", async (t) => {
  await t.rejects(load(t, "htttp: {port: 1}\n"), {
    code: "config-invalid",
    message: /htttp is not a key .* did you mean http\?/,
  });
  await t.rejects(load(t, "http: {prot: 1}\n"), {
    code: "config-invalid",
    message: /did you mean http\.port\?$/,
  });
  await t.rejects(load(t, "live: {zzz: 1}\n"), {
    code: "config-invalid",
    message: /here it knows mediaBudgetMiB/,
  });
});

t.test("config: every wrong value is named, with what it may be", async (t) => {
  const error = await load(
    t,
    "http: {port: 70000, address: 5}\nlog: {level: loud}\nannounce: {mdns: maybe}\n",
  ).catch((e: unknown) => e);
  t.ok(isTellyportError(error, "config-invalid"));
  t.match((error as Error).message, /http\.port must be a whole number from 0 to 65535/);
  t.match((error as Error).message, /http\.address must be an address/);
  t.match((error as Error).message, /log\.level must be one of fatal, error/);
  t.match((error as Error).message, /announce\.mdns must be true or false/);
});

t.test("config: what is no YAML, no mapping or no file is said in a sentence", async (t) => {
  await t.rejects(load(t, "a: [1\n"), { code: "config-invalid", message: /not valid YAML: .*[^:]\.$/ });
  await t.rejects(load(t, "http: port: 80\n"), { message: /not valid YAML: .* line 1, column 7\.$/ });
  await t.rejects(load(t, "hello"), { code: "config-invalid", message: /holds no keys/ });
  await t.rejects(loadConfig({ path: join(await folder(t), "none.yaml") }), { code: "config-unreadable" });
});

t.test("config: any text loads or fails with a typed error", async (t) => {
  const path = join(await folder(t), "any.yaml");
  await fc.assert(
    fc.asyncProperty(fc.string({ maxLength: 60 }), async (text) => {
      await writeFile(path, text);
      const result = await loadConfig({ path, overrides: { state: { directory: "/nonexistent" } } }).catch(
        (e: unknown) => e,
      );
      return result instanceof Error ? isTellyportError(result) : true;
    }),
    { numRuns: 200 },
  );
});

t.test("config: nearest finds transpositions and missing letters, and nothing far away", (t) => {
  t.equal(nearest("prot", ["port", "address"]), "port");
  t.equal(nearest("lve", ["live", "log"]), "live");
  t.equal(nearest("banana", ["live", "log"]), null);
  t.end();
});

t.test("config: an XMLTV listing is an address or a file, and says what is wrong", async (t) => {
  const yaml =
    "guide: {xmltv: [{url: 'https://epg.example/a.xml.gz', channels: {a.example: 5, b: Das Erste}}, {path: /a.xml}]}";
  t.same((await load(t, yaml)).config.guide.xmltv, [
    {
      url: "https://epg.example/a.xml.gz",
      refreshHours: 12,
      channels: { "a.example": 5, b: "Das Erste" },
      languages: [],
    },
    { path: "/a.xml", refreshHours: 12, channels: {}, languages: [] },
  ]);
  t.same((await load(t, "{}")).config.guide.xmltv, []);
  const faults: [string, RegExp][] = [
    ["{}", /guide\.xmltv\.0 must have either url or path/],
    ["{url: 'http://a/', path: b}", /guide\.xmltv\.0 must have either url or path/],
    ["{url: 'ftp://a/'}", /guide\.xmltv\.0\.url must be an http or https address/],
    ["{path: a, refreshHours: 0}", /guide\.xmltv\.0\.refreshHours must be a number from 0\.25 to 168/],
    ["{path: a, refreshHour: 6}", /did you mean guide\.xmltv\.0\.refreshHours\?/],
    ["{path: a, channels: {x: [1]}}", /guide\.xmltv\.0\.channels\.x must be the number or name of a channel/],
    [
      "{path: a, languages: [german]}",
      /guide\.xmltv\.0\.languages\.0 must be a language code such as de or deu/,
    ],
  ];
  for (const [source, message] of faults)
    await t.rejects(load(t, `guide: {xmltv: [${source}]}`), { code: "config-invalid", message }, source);
});

t.test("config: the address to listen on is one, or nothing would begin", async (t) => {
  for (const address of ["300.1.1.1", "127.0.0", "livingroom", "", "192.168.1.5:8080", "[::1]"]) {
    await t.rejects(
      load(t, `http: {address: ${JSON.stringify(address)}}\n`),
      {
        code: "config-invalid",
        message: /http\.address must be an address of this machine, such as 192\.168\.1\.5/,
      },
      address,
    );
  }
  for (const address of ["::", "0.0.0.0", "127.0.0.1", "fe80::1%eth0", "2001:db8::7"])
    t.equal((await load(t, `http: {address: "${address}"}\n`)).config.http.address, address);
});

t.test("config: an address in the web is one, or nothing would begin the next time either", async (t) => {
  for (const text of [
    "{cloud: 'https://cloud.example:99999'}",
    "{cloud: 'https://[::1'}",
    "{certificate: {directory: 'https://:1/'}}",
    "{certificate: {log: 'https://crt.example:x/'}}",
    "{dyndns2: {server: 'https://[dyn/', hosts: [a.example], user: u, passwordFile: /p}}",
  ])
    await t.rejects(load(t, `online: ${text}\n`), { code: "config-invalid", message: /must be an/ }, text);
  for (const cloud of ["", "https://cloud.example", "http://[::1]:8080", "https://Cloud.Example:443"])
    t.equal((await load(t, `online: {cloud: "${cloud}"}\n`)).config.online.cloud, cloud);
});

t.test("config: a section of which nothing is said but its name has its defaults", async (t) => {
  const { config } = await load(t, "tuners:\n  mock:\nhttp:\n  https:\n");
  t.same(config.tuners, (await load(t, "tuners: {mock: {}}\n")).config.tuners);
  t.equal(config.http.https.port, 8443);
  await t.rejects(load(t, "tuners: {mock: 3}\n"), {
    message: /tuners\.mock must be \{\} or hold keys of its own: /,
  });
});
