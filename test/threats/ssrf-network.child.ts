import { createSocket } from "node:dgram";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import {
  encodeDiscoveryReply,
  isDiscoveryRequest,
} from "../../src/tuner/drivers/hdhomerun/discovery-packet.ts";
import { generateCapture } from "../tuner/drivers/file/generated-capture.ts";

/**
 * Run within a network of the test's own. `canary`: listens at every address and tells each request. `neighbour ADDRESS TARGET`: a
 * machine that plays along and sends whoever asks it to the target, by redirects, as a HDHomeRun and as a SAT>IP server.
 * Each line that it prints is an object.
 */
const [role = "", own = "", target = ""] = process.argv.slice(2);
const say = (what: object): void => void process.stdout.write(`${JSON.stringify(what)}\n`);

function serve(listener: RequestListener, host: string, port = 0): Promise<number> {
  const server = createServer((request, response) => {
    say({ request: request.url });
    listener(request, response);
  });
  return new Promise((resolve) =>
    server.listen(port, host, () => resolve((server.address() as AddressInfo).port)),
  );
}

if (role === "canary") say({ port: await serve((_request, response) => void response.end("canary"), "::") });
else {
  const stream = generateCapture({ seconds: 20 });
  const port = await serve((request, response) => {
    if (request.url !== "/good")
      return void response.writeHead(302, { location: `${target}${request.url}` }).end();
    response.writeHead(200, { "content-type": "video/mp2t" });
    let at = 0;
    const timer = setInterval(() => {
      response.write(stream.subarray(at, (at += 188 * 200)));
      if (at >= stream.length) at = 0;
    }, 50);
    response.once("close", () => clearInterval(timer));
  }, own);

  // A HDHomeRun whose every address is another's; it has its own answer for the first question only.
  await serve(
    (request, response) => {
      if (request.url !== "/discover.json")
        return void response.writeHead(302, { location: `${target}/hdhomerun-redirect` }).end();
      response.end(
        JSON.stringify({
          DeviceID: "1038A1B2",
          TunerCount: 1,
          BaseURL: target,
          LineupURL: `${target}/hdhomerun-lineup`,
        }),
      );
    },
    own,
    80,
  );
  const discovery = createSocket("udp4");
  discovery.on("message", (datagram, from) => {
    if (!isDiscoveryRequest(datagram)) return;
    say({ search: "hdhomerun" });
    const reply = { deviceId: "1038A1B2", tunerCount: 1, baseUrl: target, lineupUrl: target };
    discovery.send(encodeDiscoveryReply(reply), from.port, from.address);
  });
  await new Promise<void>((resolve) => discovery.bind(65_001, "0.0.0.0", resolve));

  // SAT>IP servers: descriptions elsewhere, by a redirect elsewhere, and none.
  const ssdp = createSocket({ type: "udp4", reuseAddr: true });
  ssdp.on("message", (message, from) => {
    if (!message.toString().startsWith("M-SEARCH")) return;
    say({ search: "ssdp" });
    for (const [i, location] of [`${target}/satip`, `http://${own}:${port}/satip-redirect`].entries()) {
      const lines = [
        "HTTP/1.1 200 OK",
        "ST: urn:ses-com:device:SatIPServer:1",
        `USN: uuid:liar-${i}::urn:ses-com:device:SatIPServer:1`,
        `LOCATION: ${location}`,
      ];
      ssdp.send(`${lines.join("\r\n")}\r\n\r\n`, from.port, from.address);
    }
  });
  await new Promise<void>((resolve) => ssdp.bind(1900, "0.0.0.0", resolve));
  ssdp.addMembership("239.255.255.250", own);
  say({ port });
}
