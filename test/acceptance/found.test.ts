import t from "tap";
import { eventually, runProgram } from "../helpers/daemon.ts";
import { networkNamespace, skipWithoutNamespaces } from "../helpers/network-namespace.ts";
import { startDaemon } from "../helpers/daemon.ts";

t.test(
  "A1: in a network of its own, the box is found by mDNS and SSDP",
  { skip: skipWithoutNamespaces() },
  async (t) => {
    const network = await networkNamespace(t);
    const box = await startDaemon(t, {
      wrapper: network.wrapper,
      config: `box: {name: Salon}\nhttp: {address: "${network.address}", port: 0, https: {port: 0}}\n`,
    });
    // Another program, in the same network, that knows only the two protocols.
    const finder = `
    const { createSocket } = require("node:dgram");
    const { Bonjour } = require("bonjour-service");
    const found = {};
    const done = () => { if (found.mdns && found.ssdp) { console.log(JSON.stringify(found)); process.exit(0); } };
    new Bonjour({ interface: "${network.address}", bind: "0.0.0.0" }).find({ type: "tellyport" }, (s) => { found.mdns = { name: s.name, port: s.port, txt: s.txt, host: s.host, addresses: s.addresses }; done(); });
    const socket = createSocket("udp4");
    socket.on("message", (m) => { const l = /LOCATION: (\\S+)/.exec(m); if (l) { found.ssdp = l[1]; done(); } });
    socket.bind(0, "${network.address}", () => { socket.setMulticastInterface("${network.address}");
      setInterval(() => socket.send('M-SEARCH * HTTP/1.1\\r\\nHOST: 239.255.255.250:1900\\r\\nMAN: "ssdp:discover"\\r\\nMX: 1\\r\\nST: upnp:rootdevice\\r\\n\\r\\n', 1900, "239.255.255.250"), 500); });
    setTimeout(() => { console.error(JSON.stringify(found)); process.exit(1); }, 15000);`;
    const [command = "", ...rest] = [...network.wrapper, process.execPath, "-e", finder];
    const { code, stdout, stderr } = await runProgram(command, rest);
    t.equal(code, 0, `${stderr} ${JSON.stringify(box.log.filter(({ module }) => module === "announce"))}`);
    const found = JSON.parse(stdout) as {
      mdns: { name: string; port: number; txt: Record<string, string>; host: string; addresses: string[] };
      ssdp: string;
    };
    t.match(found.mdns.host, /^tellyport-[a-z2-7]{4}\.local$/, "a name that browsers at home find");
    t.ok(found.mdns.addresses.includes(network.address));
    t.match(found.mdns, {
      name: "Salon",
      port: box.http,
      txt: { id: /^[a-z2-7]{16}$/, https: String(box.https) },
    });
    t.equal(found.ssdp, `http://${network.address}:${box.http}/.well-known/tellyport/device.xml`);
    const description = await eventually("the description is served", async () => {
      const [curl = "", ...args] = [
        ...network.wrapper,
        process.execPath,
        "-e",
        `fetch(${JSON.stringify(found.ssdp)}).then(r => r.text()).then(console.log)`,
      ];
      return (await runProgram(curl, args)).stdout || null;
    });
    t.match(description, /<friendlyName>Salon<\/friendlyName>/);
  },
);

t.test("A1: a box that listens on loopback offers no other address, and announces none", async (t) => {
  const box = await startDaemon(t, {
    config: 'http: {address: "127.0.0.1", port: 0, https: {port: 0}}\n',
  });
  t.equal(new URL((await box.openOffer()).url).origin, box.url);
  t.same(
    box.log.filter(({ module }) => module === "announce"),
    [],
    "there is nobody to tell",
  );
});
