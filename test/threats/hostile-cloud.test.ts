import { join } from "node:path";
import t from "tap";
import type { OnlineState } from "../../src/protocol/online.ts";
import type { Registration } from "../../src/protocol/registration.ts";
import { eventually, startDaemon, type Daemon } from "../helpers/daemon.ts";
import { fakeCloud, registrationOf, type FakeCloud } from "../helpers/fake-cloud.ts";
import { codeOf, literally } from "../helpers/raw-http.ts";
import type { Teardown } from "../helpers/temporary.ts";

/** A box that is registered with a cloud of which the test decides every answer. */
async function boxAt(t: Teardown, cloud: FakeCloud): Promise<Daemon> {
  const box = await startDaemon(t, {
    tuner: null,
    config: JSON.stringify({
      http: { address: "127.0.0.1", port: 0, https: { port: 0 } },
      announce: { mdns: false, ssdp: "off" },
      online: { cloud: cloud.origin, certificate: { directory: "" } },
    }),
  });
  await box.local("PATCH", "/api/v1/online", { enabled: true });
  return box;
}

const stateOf = async (box: Daemon): Promise<OnlineState> =>
  (await box.local<OnlineState>("GET", "/api/v1/online")).body;

/** As a good cloud says it of whoever asks. */
function ofBox(id: string, more: Partial<Registration> = {}): Registration {
  const name = `${id}.tv.example`;
  return registrationOf({ box: id, name, lanName: `lan.${name}`, ...more });
}

t.test("T12: a name of somebody else's that a cloud gives the box opens no door", async (t) => {
  const cloud = await fakeCloud(t);
  let more: Partial<Registration> = { name: "evil.test", lanName: "lan.evil.test", alias: "evil.test" };
  cloud.answer = ({ payload }) => ({ status: 200, body: ofBox(String(payload["iss"]), more) });
  const box = await boxAt(t, cloud);
  await eventually("it is not believed", async () => (await stateOf(box)).registration === "failed");
  const get = (host: string) =>
    literally({ port: box.http }, `GET /api/v1/box HTTP/1.1\r\nhost: ${host}\r\n\r\n`);
  for (const host of ["evil.test", "w.evil.test", "lan.evil.test"])
    t.equal(codeOf(await get(host)), "host-not-allowed", host);
  more = { alias: "smith.tv.example", hosts: ["router.tv.example"] };
  await box.local("POST", "/api/v1/online/test");
  t.match(await stateOf(box), { registration: "registered", alias: "smith.tv.example" });
  t.equal((await get("smith.tv.example")).status, 200);
});

t.test("T18: a cloud's refusal says what clouds say, and nothing else of it reaches the app", async (t) => {
  const cloud = await fakeCloud(t);
  cloud.answer = ({ payload }) => ({ status: 200, body: ofBox(String(payload["iss"])) });
  const box = await boxAt(t, cloud);
  await eventually("it is registered", async () => (await stateOf(box)).registration === "registered");
  const headers = { "set-cookie": "a=b", "access-control-allow-origin": "*" };
  for (const [status, code, told] of [
    [409, "alias-taken", "alias-taken"],
    [401, "client-revoked", "cloud-unreachable"],
    [401, "refresh-invalid", "cloud-unreachable"],
    [400, "config-invalid", "cloud-unreachable"],
  ] as const) {
    const title = "No.\u001b[31m\r\n";
    cloud.answer = () => ({ status, body: { code, title, detail: { headers, evil: 1 } } });
    const wish = JSON.stringify({ label: "smith" });
    const answer = await literally(
      { path: join(box.state, "control.sock") },
      `PUT /api/v1/online/alias HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: ${wish.length}\r\n\r\n${wish}`,
    );
    t.equal(codeOf(answer), told);
    for (const name of Object.keys(headers)) t.notOk(answer.headers[name], `${code} ${name}`);
    t.notMatch(answer.body, /evil/, "nor its details");
    t.notMatch(answer.body, /\\u001b/, "nor what would move a terminal's cursor");
  }
});

t.test("T20: an address that is none for a cloud is refused, and the box goes on", async (t) => {
  const cloud = await fakeCloud(t);
  const box = await boxAt(t, cloud);
  for (const address of ["https://[", "https://a:99999", "http://%zz"])
    t.match(
      await box.local("PATCH", "/api/v1/online", { cloud: address }),
      { status: 400, body: { code: "config-invalid" } },
      address,
    );
  t.equal((await stateOf(box)).cloud, cloud.origin);
});
