import { createSocket } from "node:dgram";
import { networkInterfaces } from "node:os";
import t from "tap";
import { pino } from "pino";
import {
  DEVICE_TYPE,
  ownSsdp,
  searchTarget,
  SSDP_ADDRESS,
  SSDP_PORT,
} from "../../src/http-server/announce/ssdp.ts";
import { eventually } from "../helpers/daemon.ts";
import { FakeClock } from "../helpers/fake-clock.ts";

const log = pino({ level: "silent" });
const search = (target: string): string =>
  `M-SEARCH * HTTP/1.1\r\nHOST: ${SSDP_ADDRESS}:${SSDP_PORT}\r\nMAN: "ssdp:discover"\r\nMX: 1\r\nST: ${target}\r\n\r\n`;

t.test("ssdp: only a whole M-SEARCH is one", (t) => {
  t.equal(searchTarget(search("ssdp:all")), "ssdp:all");
  t.equal(searchTarget(search("ssdp:all").replace("MAN", "man")), "ssdp:all");
  for (const text of [
    "",
    "GET / HTTP/1.1\r\n\r\n",
    search("x").replace('MAN: "ssdp:discover"\r\n', ""),
    "M-SEARCH * HTTP/1.1\r\n\r\n",
  ]) {
    t.equal(searchTarget(text), null, JSON.stringify(text.slice(0, 30)));
  }
  t.end();
});

t.test("ssdp: a search over loopback is answered with the description's address", async (t) => {
  const advertiser = ownSsdp({
    log,
    clock: new FakeClock(),
    boxId: "abc",
    version: "1.2.3",
    port: () => 8080,
    interfaces: () => ["127.0.0.1"],
  });
  await advertiser.start?.(new AbortController().signal);
  t.teardown(() => advertiser.stop?.());
  const client = createSocket("udp4");
  t.teardown(() => client.close());
  await new Promise<void>((resolve) => client.bind(0, "127.0.0.1", resolve));
  client.setMulticastInterface("127.0.0.1");
  const answers: string[] = [];
  const three = new Promise<void>((resolve) =>
    client.on("message", (message) => {
      const answer = message.toString();
      // Another box on this machine may answer, too.
      if (answer.includes("\r\nUSN: uuid:abc") && answers.push(answer) === 3) resolve();
    }),
  );
  // A stranger's search first: it must stay without an answer.
  client.send(search("urn:schemas-upnp-org:device:MediaRenderer:1"), SSDP_PORT, SSDP_ADDRESS);
  client.send(search("ssdp:all"), SSDP_PORT, SSDP_ADDRESS);
  await three;
  t.same(
    answers.map((answer) => /\r\nST: (.*)\r\n/.exec(answer)?.[1]),
    ["upnp:rootdevice", "uuid:abc", DEVICE_TYPE],
  );
  for (const answer of answers) {
    t.match(answer, /^HTTP\/1\.1 200 OK\r\n/);
    t.match(answer, /\r\nLOCATION: http:\/\/127\.0\.0\.1:8080\/\.well-known\/tellyport\/device\.xml\r\n/);
    t.match(answer, /\r\nCACHE-CONTROL: max-age=1800\r\n/);
  }
});

t.test("T16: a search that says it comes from beyond the network is not answered", async (t) => {
  const answersFrom = async (
    network: ReturnType<typeof networkInterfaces>,
    expected: number,
  ): Promise<number> => {
    const advertiser = ownSsdp({
      log,
      clock: new FakeClock(),
      boxId: "reflector",
      version: "1.2.3",
      port: () => 8080,
      interfaces: () => ["127.0.0.1"],
      network: () => network,
    });
    await advertiser.start?.(new AbortController().signal);
    const client = createSocket("udp4");
    await new Promise<void>((resolve) => client.bind(0, "127.0.0.1", resolve));
    client.setMulticastInterface("127.0.0.1");
    let answers = 0;
    client.on("message", (message) => {
      if (message.includes("\r\nUSN: uuid:reflector")) answers++;
    });
    client.send(search("ssdp:all"), SSDP_PORT, SSDP_ADDRESS);
    if (expected > 0) await eventually("the answers", () => answers >= expected);
    else await new Promise((resolve) => setTimeout(resolve, 500));
    client.close();
    await advertiser.stop?.();
    return answers;
  };
  t.equal(await answersFrom(networkInterfaces(), 3), 3);
  t.equal(await answersFrom({}, 0), 0);
});
