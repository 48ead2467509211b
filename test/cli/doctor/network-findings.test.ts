import { createServer, type AddressInfo } from "node:net";
import { once } from "node:events";
import { networkInterfaces } from "node:os";
import t from "tap";
import { checkNetwork, checkPorts } from "../../../src/cli/doctor/network-findings.ts";

const of = (address: string, more: object = {}) => ({
  address,
  netmask: "",
  family: "IPv4" as const,
  mac: "",
  internal: false,
  cidr: null,
  ...more,
});

t.test("doctor: a machine is in a network when it has an address that others reach", (t) => {
  t.match(checkNetwork({ lo: [of("127.0.0.1", { internal: true })], eth0: [of("192.168.1.5")] }), {
    level: "ok",
    message: "192.168.1.5 (eth0)",
  });
  const alone = {
    lo: [of("127.0.0.1", { internal: true })],
    eth0: [of("fe80::1", { family: "IPv6", scopeid: 2 })],
  };
  t.match(checkNetwork(alone), { level: "problem", message: /connect its cable/ });
  t.ok(checkNetwork(networkInterfaces()).message);
  t.end();
});

t.test("doctor: ports are tried, and what stands in the way is said", async (t) => {
  const server = createServer().listen(0, "127.0.0.1");
  t.teardown(() => server.close());
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  t.match(await checkPorts("127.0.0.1", { "http.port": port, "http.https.port": 0 }), [
    { subject: `port ${port}`, level: "warning", message: /Another program.*http\.port/ },
  ]);
  server.close();
  await once(server, "close");
  t.match(await checkPorts("127.0.0.1", { "http.port": port }), [
    { level: "ok", message: "is free (http.port)" },
  ]);
  t.match(await checkPorts("192.0.2.1", { "http.port": port }), [
    { level: "problem", message: /192\.0\.2\.1 \(EADDRNOTAVAIL\): check http\.address/ },
  ]);
});
