import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import t from "tap";
import { eventually, startDaemon } from "../helpers/daemon.ts";
import { fakeCloud, registrationOf } from "../helpers/fake-cloud.ts";

t.test("T19: a certificate of somebody else for the box's name is told to the owner", async (t) => {
  const cloud = await fakeCloud(t);
  const asked: string[] = [];
  let name = "";
  const feed = createServer((request, response) => {
    asked.push(request.url ?? "");
    const list = [
      {
        id: 7,
        issuer_name: "C=XX, O=Somebody, CN=Some authority",
        name_value: name,
        not_before: "2026-01-01T00:00:00",
        not_after: "2036-01-01T00:00:00",
        serial_number: "0a",
      },
    ];
    response.end(request.url?.includes("output=json") ? JSON.stringify(list) : "no certificate");
  });
  await new Promise<void>((resolve) => feed.listen(0, "127.0.0.1", resolve));
  t.teardown(() => feed.close());
  const log = `http://127.0.0.1:${(feed.address() as AddressInfo).port}/`;
  cloud.answer = ({ payload }) => {
    const { iss: box } = payload;
    if (typeof box !== "string") return { status: 404, body: {} };
    name = `${box}.tv.example`;
    return { status: 200, body: registrationOf({ box, name, lanName: `lan.${name}` }) };
  };
  const box = await startDaemon(t, {
    config: JSON.stringify({
      http: { address: "127.0.0.1", port: 0, https: { port: 0 } },
      announce: { mdns: false, ssdp: "off" },
      online: { cloud: cloud.origin, certificate: { directory: "https://127.0.0.1:1/none", log } },
    }),
  });
  t.equal((await box.local("PATCH", "/api/v1/online", { enabled: true })).status, 200);
  const entry = await eventually("the alarm is in the log", async () => {
    const { body } = await box.local<{ entries: { event: string; detail: object }[] }>(
      "GET",
      "/api/v1/audit?alarms=true",
    );
    return body.entries.find(({ event }) => event === "certificate-foreign");
  });
  t.match(entry.detail, { names: name, issuer: /Some authority/ });
  t.ok(asked.some((url) => url.includes(name)));
});
