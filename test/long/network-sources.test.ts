import { writeFile } from "node:fs/promises";
import { request as httpRequest } from "node:http";
import { join } from "node:path";
import t from "tap";
import type { Channels, Tuner } from "../../src/protocol/api.ts";
import { eventually, startDaemon, tellyport } from "../helpers/daemon.ts";
import { temporaryFolder } from "../helpers/temporary.ts";
import { fakeDevice } from "../tuner/drivers/hdhomerun/fake-device.ts";
import { httpSite } from "../tuner/drivers/network/http-site.ts";
import { generateCapture } from "../tuner/drivers/file/generated-capture.ts";
import { readExposition } from "../tuner/exposition.ts";

const STREAM = generateCapture({ seconds: 30 });
const RATE = Math.ceil(STREAM.length / 30 / 10);

t.test(
  "network sources: a daemon receives a list's streams, and says so everywhere without their secrets",
  async (t) => {
    const site = await httpSite(t, (request, response) => {
      if (request.url?.startsWith("/list") === true)
        return void response.end(
          ["Red", "Blue"]
            .map((name) => `#EXTINF:-1,${name}\nhttp://anna:hunter2@${site.host}/${name}\n`)
            .join(""),
        );
      if (request.headers.authorization === undefined) return void response.writeHead(401).end();
      response.writeHead(200, { "content-type": "video/mp2t" });
      let at = 0;
      const timer = setInterval(() => {
        response.write(STREAM.subarray(at, (at += RATE)));
        if (at >= STREAM.length) at = 0;
      }, 100);
      response.once("close", () => clearInterval(timer));
    });
    const daemon = await startDaemon(t, { tuner: `m3u:http://anna:hunter2@${site.host}/list?token=hunter2` });
    const channels = await eventually("both channels", async () => {
      const { body } = await daemon.local<Channels>("GET", "/api/v1/channels");
      return body.channels.length === 2 && body.channels;
    });
    t.same(channels.map(({ name }) => name).sort(), ["Blue", "Red"]);
    const tuners = await eventually("a tuner that streams", async () => {
      const { body } = await daemon.local<{ tuners: Tuner[] }>("GET", "/api/v1/tuners");
      return body.tuners.some(({ state }) => state === "streaming") && body.tuners;
    });
    t.equal(tuners.length, 4);
    const doctor = await tellyport(["doctor", "--state", daemon.state, "--json"]);
    t.equal(doctor.code, 0, doctor.stdout);
    const shown = JSON.stringify([channels, tuners, doctor.stdout, daemon.output()]);
    t.notMatch(shown, /hunter2/);
  },
);

t.test(
  "network sources: a HDHomeRun's channels are there by name; the metrics are for owners alone",
  async (t) => {
    const device = await fakeDevice(t, STREAM);
    const daemon = await startDaemon(t, { tuner: `hdhomerun:${device.site.host}` });
    await eventually("the channel", async () => {
      const { body } = await daemon.local<Channels>("GET", "/api/v1/channels");
      return body.channels.some(({ name }) => name === "One" || name === "Five point one");
    });
    t.equal((await fetch(`${daemon.url}/metrics`)).status, 401);
    const { status } = await daemon.local("GET", "/api/v1/tuners");
    t.equal(status, 200);
    const text = await metricsOf(join(daemon.state, "control.sock"));
    const lock = readExposition(text).get("tellyport_tuner_lock")?.samples ?? [];
    t.equal(lock.length, 2, "a sample for each tuner");
  },
);

t.test("network sources: a list that is not there stops the start with a cure", async (t) => {
  const state = await temporaryFolder(t);
  const list = join(state, "empty.m3u");
  await writeFile(list, "#EXTM3U\n");
  const ran = await tellyport(["run", "--state", join(state, "s"), "--port", "0", "--tuner", `m3u:${list}`]);
  t.equal(ran.code, 78);
  t.match(ran.stderr, /empty\.m3u names no channel/);
});

function metricsOf(socketPath: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      { socketPath, path: "/metrics", headers: { host: "localhost" } },
      (response) => {
        let text = "";
        response.on("data", (chunk: Buffer) => (text += chunk.toString()));
        response.on("end", () => resolve(text));
      },
    );
    request.once("error", reject);
    request.end();
  });
}
