import t from "tap";
import { whyNoChannels } from "../../web/reception.ts";

const IDLE = { state: "idle", percent: 0 } as const;

t.test("web reception: why there is no channel, as the command line says it", async (t) => {
  const missing = { name: "dvb:9", problems: ["It is not there: plug it in."] };
  t.same(whyNoChannels({ tuners: [], sources: [missing] }, IDLE), { kind: "no-tuner" });
  t.same(whyNoChannels({ tuners: [] }, { state: "running", percent: 3 }), { kind: "no-tuner" });
  const of = (name: string) => ({ tuners: [{}], sources: [{ name, problems: [] }] });
  t.same(whyNoChannels(of("dvb"), { state: "running", percent: 42 }), { kind: "searching", percent: 42 });
  for (const name of ["dvb", "dvb:0", "satip:192.168.1.7"])
    t.same(whyNoChannels(of(name), { state: "finished", percent: 100 }), { kind: "scan-needed" }, name);
  for (const name of ["mock", "file:/a.ts", "hdhomerun", "m3u:http://x/"])
    t.same(whyNoChannels(of(name), IDLE), { kind: "coming" }, name);
});
