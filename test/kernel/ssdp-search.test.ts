import t from "tap";
import fc from "fast-check";
import { parseAnswer, ssdpSearch } from "../../src/kernel/ssdp-search.ts";
import { systemClock } from "../../src/kernel/clock.ts";
import { fakeSsdpDevice } from "../helpers/fake-ssdp-device.ts";
import { FakeClock } from "../helpers/fake-clock.ts";

const TARGET = "urn:example-org:device:Thing:1";

t.test("ssdp: a device that answers is found once, however often it was asked", async (t) => {
  const device = await fakeSsdpDevice({ target: TARGET, uuid: "abc", description: () => "" });
  t.teardown(() => device.close());
  const clock = new FakeClock();
  const searching = ssdpSearch({
    clock,
    target: TARGET,
    to: { address: "127.0.0.1", port: device.port },
    interfaces: ["127.0.0.1"],
  });
  while (device.searches.length < 3) await clock.advanceAsync(50);
  t.match(
    device.searches[0],
    /^M-SEARCH \* HTTP\/1\.1\r\nHOST: 127\.0\.0\.1:\d+\r\nMAN: "ssdp:discover"\r\nMX: 2\r\nST: urn:example-org:device:Thing:1\r\n\r\n$/,
  );
  // The answers are on their way: real sockets, real time.
  await new Promise((resolve) => setTimeout(resolve, 1000));
  let over = false;
  void searching.then(() => (over = true));
  await clock.advanceAsync(1500);
  t.notOk(over, "devices may take as long as the question says");
  await clock.advanceAsync(2000);
  t.same(await searching, [{ usn: `uuid:abc::${TARGET}`, location: device.location, address: "127.0.0.1" }]);
  t.equal(device.searches.length, 3);
  t.equal(clock.pending, 0, "no timer is left");
});

t.test("ssdp: a search that is given up ends at once, as does one without a network", async (t) => {
  const abort = new AbortController();
  const searching = ssdpSearch({
    clock: systemClock,
    target: TARGET,
    to: { address: "127.0.0.1", port: 9 },
    interfaces: ["127.0.0.1"],
    signal: abort.signal,
  });
  abort.abort();
  t.same(await searching, []);
  t.same(await ssdpSearch({ clock: systemClock, target: TARGET, interfaces: ["192.0.2.1"] }), []);
  t.same(await ssdpSearch({ clock: systemClock, target: TARGET, interfaces: [] }), []);
});

t.test("ssdp: only an answer to the question, with an http address, is one", (t) => {
  const answer = (change: (lines: string[]) => string[]): Buffer =>
    Buffer.from(
      [
        ...change([
          "HTTP/1.1 200 OK",
          `ST: ${TARGET}`,
          "USN: uuid:1",
          "LOCATION: http://192.0.2.7:49000/d.xml",
        ]),
        "",
        "",
      ].join("\r\n"),
    );
  const read = (message: Buffer): unknown => parseAnswer(message, "192.0.2.7", TARGET);
  const good = { usn: "uuid:1", location: "http://192.0.2.7:49000/d.xml", address: "192.0.2.7" };
  t.same(read(answer((lines) => lines)), good);
  t.same(read(answer((lines) => lines.map((line) => line.replace("LOCATION: ", "location:")))), good);
  t.equal(read(answer((lines) => ["NOTIFY * HTTP/1.1", ...lines.slice(1)])), null);
  t.equal(read(answer((lines) => lines.filter((line) => !line.startsWith("ST")))), null);
  t.equal(read(answer((lines) => lines.map((line) => line.replace("http:", "file:")))), null);
  t.equal(read(answer((lines) => [...lines, "X: ".padEnd(5000, "y")])), null);
  t.end();
});

t.test("ssdp: any datagram is an answer or none", (t) => {
  const lines = fc.array(
    fc.oneof(
      fc.constantFrom("HTTP/1.1 200 OK", `ST: ${TARGET}`, "USN: x", "LOCATION: http://a/", ""),
      fc.string(),
    ),
  );
  fc.assert(
    fc.property(
      fc.oneof(
        lines.map((each) => Buffer.from(each.join("\r\n"))),
        fc.uint8Array().map((bytes) => Buffer.from(bytes)),
      ),
      (bytes) => {
        const found = parseAnswer(bytes, "192.0.2.1", TARGET);
        return found === null || /^https?:\/\/[\x21-\x7e]+$/.test(found.location);
      },
    ),
  );
  t.end();
});
