import t from "tap";
import { checkConfig, loadConfig } from "../../../../src/kernel/config/index.ts";
import { isTellyportError } from "../../../../src/kernel/errors.ts";
import { temporaryFolder } from "../../../helpers/temporary.ts";

t.test("satip: its configuration, with what is left out", async (t) => {
  const directory = await temporaryFolder(t);
  const load = async (satip: unknown): Promise<unknown> =>
    (await loadConfig({ overrides: { state: { directory }, tuners: { satip } } })).config.tuners.satip;
  t.same(await load({}), { discover: true, servers: [], transport: "auto", satellites: [] });
  t.match(await load({ servers: [{ host: "192.0.2.5" }] }), {
    servers: [{ host: "192.0.2.5", port: 554, capabilities: "", frontends: [] }],
  });
  const faults: [unknown, RegExp][] = [
    [{ transport: "http" }, /must be one of auto, udp, tcp/],
    [{ servers: [{ host: "a b" }] }, /servers\.0\.host/],
    [{ servers: [{ host: "a", capabilities: "8 of DVBS2" }] }, /servers\.0\.capabilities/],
    [{ satellites: [{ orbital: "Astra", source: 1 }] }, /satellites\.0\.orbital/],
    [{ satellites: [{ orbital: "19.2E", source: 0 }] }, /from 1 to 255/],
  ];
  for (const [satip, message] of faults) {
    let thrown: unknown = null;
    try {
      checkConfig({ tuners: { satip } }, "");
    } catch (error) {
      thrown = error;
    }
    t.ok(isTellyportError(thrown, "config-invalid") && message.test(thrown.message), String(message));
  }
});
