import { join } from "node:path";
import t from "tap";
import { loadConfig } from "../../src/kernel/config/index.ts";
import { systemClock } from "../../src/kernel/clock.ts";
import { createLog } from "../../src/kernel/log.ts";
import { openSources } from "../../src/sources.ts";
import { overridesOf } from "../../src/cli/overrides.ts";
import { welcome } from "../../src/cli/welcome.ts";
import { temporaryFolder } from "../helpers/temporary.ts";

t.test("no tuner: what --tuner names and is not there is told with its cure, by name", async (t) => {
  const state = await temporaryFolder(t);
  const named = async (tuner: string) => {
    const { config } = await loadConfig({ overrides: overridesOf({ state, tuner }) });
    const opened = await openSources(config, {
      clock: systemClock,
      log: createLog({ level: "silent" }),
      loopsFolder: join(state, "none"),
    });
    const told = opened.named();
    for (const source of opened.sources) await source.close?.();
    return told;
  };
  t.match(await named("dvb:97"), [
    { name: "dvb:97", problems: [/^DVB adapter 97 is not there: plug it in, .*`tellyport doctor`/] },
  ]);
  const [hdhomerun] = await named("hdhomerun:127.0.0.1:9");
  t.equal(hdhomerun?.name, "hdhomerun:127.0.0.1:9");
  t.match(hdhomerun?.problems, [/127\.0\.0\.1:9 .*check/]);
  t.match(await named("satip:127.0.0.1:9"), [{ name: "satip:127.0.0.1:9", problems: [/looked for/] }]);
});

t.test("no tuner: the greeting says what is missing, and how channels are found", (t) => {
  const greeting = (sources: { name: string; problems: string[] }[], services: number): string =>
    welcome({
      local: "127.0.0.1",
      ports: { http: 8080, https: null },
      offer: {
        id: "o",
        role: "viewer",
        code: "WDJB-MJHT",
        url: "http://192.168.1.5:8080/#p=1",
        expiresAt: "2026-11-20T12:00:00.000Z",
      },
      state: "/var/box",
      sources,
      services,
    });
  const dvb = { name: "dvb", problems: ["There is no DVB adapter."] };
  t.match(greeting([dvb], 0), /npx tellyport scan --country XX --state \/var\/box\n/);
  t.match(greeting([dvb], 0), /! dvb: There is no DVB adapter\.\n/);
  t.notMatch(greeting([{ ...dvb, problems: [] }], 12), /tellyport scan|!/);
  t.notMatch(greeting([{ name: "mock", problems: [] }], 0), /tellyport scan/);
  t.end();
});

t.test("welcome: only addresses at which something listens", (t) => {
  const greeting = (local: string, host: string): string =>
    welcome({
      local,
      ports: { http: 8080, https: 8443 },
      offer: {
        id: "o",
        role: "viewer",
        code: "WDJB-MJHT",
        url: `http://${host}:8080/#p=1`,
        expiresAt: "2026-11-20T12:00:00.000Z",
      },
      state: "/var/box",
      sources: [],
      services: 12,
    });
  const everywhere = greeting("127.0.0.1", "192.168.1.5");
  t.match(everywhere, /On this machine +http:\/\/127\.0\.0\.1:8080\/#p=1\n/);
  t.match(everywhere, /On a phone nearby +http:\/\/192\.168\.1\.5:8080\/ /);
  t.match(everywhere, /[▄█]/, "and a code to scan");
  const alone = greeting("127.0.0.1", "127.0.0.1");
  t.match(alone, /On a phone nearby +not: [^]*http\.address/);
  t.notMatch(alone, /[▄█]|scan/);
  const one = greeting("192.168.1.5", "192.168.1.5");
  t.notMatch(one, /127\.0\.0\.1/, "loopback does not listen");
  t.end();
});
