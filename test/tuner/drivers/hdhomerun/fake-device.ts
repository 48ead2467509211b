import { createSocket } from "node:dgram";
import {
  encodeDiscoveryReply,
  isDiscoveryRequest,
} from "../../../../src/tuner/drivers/hdhomerun/discovery-packet.ts";
import type { Teardown } from "../../../helpers/temporary.ts";
import { httpSite, type HttpSite } from "../network/http-site.ts";

/** A HDHomeRun on loopback: web server, streams and discovery. A test changes what it says as it goes. */
export interface FakeDevice {
  readonly site: HttpSite;
  readonly discovery: { readonly address: string; readonly port: number };
  readonly discoveryRequests: () => number;
  /** Streams that are open now. */
  readonly streams: Set<string>;
  says: {
    tuners: number;
    lineup: unknown;
    /** Answer to a stream's path: status, reason; null: it plays. */
    refuse: (path: string) => { status: number; error?: string } | null;
    /** What `/status.json` has; null: 404. */
    status: unknown;
    /** Sent before the true reply to discovery. */
    noise: readonly Buffer[];
  };
}

export const DEVICE_ID = "1038A1B2";

export async function fakeDevice(t: Teardown, stream: Buffer): Promise<FakeDevice> {
  const streams = new Set<string>();
  const site = await httpSite(t, (request, response) => {
    const path = request.url ?? "";
    const json = (value: unknown): void => void response.end(JSON.stringify(value));
    if (path === "/discover.json")
      return json({
        FriendlyName: "HDHomeRun TEST",
        ModelNumber: "HDHR5-4DT",
        DeviceID: DEVICE_ID,
        TunerCount: device.says.tuners,
        BaseURL: site.url,
        LineupURL: `${site.url}/lineup.json`,
      });
    if (path === "/lineup.json") return json(device.says.lineup);
    if (path === "/status.json")
      return device.says.status === null ? void response.writeHead(404).end() : json(device.says.status);
    const refused = device.says.refuse(path);
    if (refused !== null) {
      const headers = refused.error === undefined ? {} : { "x-hdhomerun-error": refused.error };
      return void response.writeHead(refused.status, headers).end();
    }
    streams.add(path);
    response.once("close", () => streams.delete(path));
    response.writeHead(200, { "content-type": "video/mpeg" });
    response.write(stream);
  });

  const socket = createSocket("udp4");
  await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve));
  t.teardown(() => new Promise<void>((resolve) => socket.close(() => resolve())));
  let requests = 0;
  socket.on("message", (datagram, from) => {
    if (!isDiscoveryRequest(datagram)) return;
    requests++;
    const reply = encodeDiscoveryReply({
      deviceId: DEVICE_ID,
      tunerCount: device.says.tuners,
      baseUrl: site.url,
      lineupUrl: `${site.url}/lineup.json`,
    });
    for (const each of [...device.says.noise, reply]) socket.send(each, from.port, from.address);
  });

  const device: FakeDevice = {
    site,
    discovery: { address: "127.0.0.1", port: socket.address().port },
    discoveryRequests: () => requests,
    streams,
    says: {
      tuners: 2,
      lineup: [
        { GuideNumber: "1", GuideName: "One", HD: 1, URL: `${site.url}/auto/v1` },
        { GuideNumber: "5.1", GuideName: "Five point one", Tags: "favorite", URL: `${site.url}/auto/v5.1` },
        { GuideNumber: "7", GuideName: "Secret", Tags: "favorite,drm", URL: `${site.url}/auto/v7` },
        { GuideNumber: "8", GuideName: "Secret too", DRM: 1, URL: `${site.url}/auto/v8` },
      ],
      refuse: () => null,
      status: null,
      noise: [],
    },
  };
  return device;
}
