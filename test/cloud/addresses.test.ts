import t from "tap";
import type { Registration } from "../../src/protocol/registration.ts";
import { TellyportError } from "../../src/kernel/errors.ts";
import { eventually } from "../helpers/daemon.ts";
import { skipWithoutPostgres, startPostgres, type Postgres } from "../helpers/postgres.ts";
import { call, enrolledBox, type RegisteringBox } from "../helpers/registering-box.ts";
import { from, testCloud, ZONE, type TestCloud } from "./cloud-in-test.ts";

const HOME = "93.184.216.34";
const OTHER = "93.184.216.99";
const HOME6 = "2a00:1450:4001:81b::200e";

const databases: readonly [string, false | string][] = [
  ["sqlite", false],
  ["postgresql", skipWithoutPostgres()],
];

let postgres: Postgres | null = null;
async function databaseOf(kind: string): Promise<string> {
  if (kind === "sqlite") return "sqlite";
  postgres ??= await startPostgres(t);
  return postgres.database();
}

/** What the name server says. */
const dns = async (
  cloud: TestCloud,
  name: string,
  type: "A" | "AAAA" | "TXT" | "CNAME" | "CAA",
): Promise<string> =>
  [...(await cloud.publisher.read(`${name}.${ZONE}`, type, new AbortController().signal))].sort().join();

const settled = (cloud: TestCloud): Promise<unknown> =>
  eventually(
    "everything is published",
    async () => (await cloud.cloud.publishing.state()).pending === 0,
    45_000,
    10,
  );

const update = (
  box: RegisteringBox,
  cloud: TestCloud,
  address: string,
  more: object = {},
): Promise<Registration> =>
  box
    .send<Registration>(
      cloud.origin,
      "update",
      { address: null, port: 8443, lan: [], ...more },
      from(address),
    )
    .then(({ status, body }) => {
      if (status !== 200) throw new Error(`${status} ${JSON.stringify(body)}`);
      return body;
    });

for (const [kind, skip] of databases) {
  t.test(
    `addresses on ${kind}: a box that answers where it was seen is published, in both families`,
    { skip },
    async (t) => {
      const cloud = await testCloud(t, {
        config: { database: await databaseOf(kind), zone: { name: ZONE, caa: ["0 issue letsencrypt.org"] } },
      });
      const box = await enrolledBox(cloud.origin);
      const first = await update(box, cloud, HOME, { lan: ["192.168.7.5", "8.8.8.8", "fd00::5", "2a00::1"] });
      t.same(first.doors.ipv4, { state: "direct", address: HOME, port: 8443 });
      t.same(first.doors.ipv6, { state: "none", address: null, port: null });
      t.equal(first.observed, HOME);
      t.same(cloud.dialBack.asked, [{ boxId: box.id, address: HOME, port: 8443 }]);
      const second = await update(box, cloud, HOME6, {
        address: "2a00:1450:4001:081b::200E",
        lan: ["192.168.7.5"],
      });
      t.same(second.doors.ipv6, { state: "direct", address: HOME6, port: 8443 });
      t.equal(second.doors.ipv4.state, "direct");
      t.equal(second.seq, 3);
      await settled(cloud);
      for (const name of [box.id, `w.${box.id}`]) {
        t.equal(await dns(cloud, name, "A"), HOME);
        t.equal(await dns(cloud, name, "AAAA"), HOME6);
      }
      t.equal(await dns(cloud, `lan.${box.id}`, "A"), "192.168.7.5");
      t.equal(await dns(cloud, `lan.${box.id}`, "AAAA"), "", "what the last update does not name is gone");
      t.equal(await dns(cloud, box.id, "CAA"), "0 issue letsencrypt.org");

      await update(box, cloud, HOME);
      t.equal(cloud.dialBack.asked.length, 2, "what was seen today is not asked again");
      await update(box, cloud, HOME, { port: 8444 });
      t.equal(cloud.dialBack.asked.length, 3, "another port is");

      const { body } = await box.send<Registration>(cloud.origin, "withdraw");
      t.equal(body.doors.ipv4.state, "closed");
      await settled(cloud);
      for (const name of [box.id, `w.${box.id}`, `lan.${box.id}`]) {
        t.equal(await dns(cloud, name, "A"), "");
        t.equal(await dns(cloud, name, "AAAA"), "");
      }
    },
  );

  t.test(
    `T21, addresses on ${kind}: nothing but a verified address is ever published`,
    { skip },
    async (t) => {
      const cloud = await testCloud(t, { config: { database: await databaseOf(kind) } });
      const box = await enrolledBox(cloud.origin);
      cloud.dialBack.answer = () => false;
      t.equal((await update(box, cloud, HOME)).doors.ipv4.state, "unverified");
      t.equal((await update(box, cloud, HOME, { address: OTHER })).doors.ipv4.state, "differs");
      t.equal((await update(box, cloud, "10.1.2.3", { address: HOME })).doors.ipv4.state, "differs");
      t.equal((await update(box, cloud, "10.1.2.3", { address: "10.1.2.3" })).doors.ipv4.state, "not-public");
      t.equal((await update(box, cloud, "100.64.0.1")).doors.ipv4.state, "not-public");
      t.equal((await update(box, cloud, HOME, { port: null })).doors.ipv4.state, "closed");
      t.same(
        cloud.dialBack.asked,
        [{ boxId: box.id, address: HOME, port: 8443 }],
        "only what was seen is ever dialled",
      );
      await settled(cloud);
      t.equal(await dns(cloud, box.id, "A"), "");

      cloud.dialBack.answer = ({ address }) => address === HOME;
      t.equal((await update(box, cloud, HOME)).doors.ipv4.state, "direct");
      await settled(cloud);
      t.equal(await dns(cloud, box.id, "A"), HOME);
      cloud.dialBack.answer = () => Promise.reject(new TellyportError("rate-limited", "Too many."));
      const body = { address: null, port: 8443, lan: [] };
      t.match(await box.send(cloud.origin, "update", body, from(OTHER)), { status: 429 });
      t.match((await box.send(cloud.origin, "state")).body, {
        doors: { ipv4: { state: "direct", address: HOME } },
      });
      t.equal(await dns(cloud, box.id, "A"), HOME, "nothing follows from a failure of ours");
      cloud.dialBack.answer = ({ address }) => address === HOME;
      t.equal((await update(box, cloud, OTHER)).doors.ipv4.state, "unverified");
      await settled(cloud);
      t.equal(await dns(cloud, box.id, "A"), "", "the old address may be somebody else's now");
    },
  );

  t.test(`addresses on ${kind}: what a dial-back says late counts for nothing`, { skip }, async (t) => {
    const cloud = await testCloud(t, { config: { database: await databaseOf(kind) } });
    const box = await enrolledBox(cloud.origin);
    const held: ((good: boolean) => void)[] = [];
    cloud.dialBack.answer = () => new Promise((resolve) => held.push(resolve));
    const first = update(box, cloud, HOME);
    await eventually("the first is dialled", () => held.length === 1, 5000, 5);
    const v6 = update(box, cloud, HOME6);
    await eventually("the second is dialled", () => held.length === 2, 5000, 5);
    held[0]?.(true);
    t.equal((await first).doors.ipv4.state, "direct", "the other family's update does not take it back");
    await box.send(cloud.origin, "withdraw");
    held[1]?.(true);
    t.equal((await v6).doors.ipv6.state, "closed");
    await settled(cloud);
    t.equal(await dns(cloud, box.id, "AAAA"), "");
    t.equal(await dns(cloud, box.id, "A"), "");
  });

  t.test(`addresses on ${kind}: seven addresses in an hour are held back`, { skip }, async (t) => {
    const cloud = await testCloud(t, { config: { database: await databaseOf(kind) } });
    const box = await enrolledBox(cloud.origin);
    for (let at = 1; at <= 6; at++)
      t.equal((await update(box, cloud, `93.184.216.${at}`)).doors.ipv4.state, "direct");
    t.equal((await update(box, cloud, "93.184.216.7")).doors.ipv4.state, "unstable");
    await settled(cloud);
    t.equal(await dns(cloud, box.id, "A"), "");
  });

  t.test(
    `addresses on ${kind}: of concurrent updates of a box the largest wins, and nothing is lost`,
    { skip },
    async (t) => {
      const cloud = await testCloud(t, { config: { database: await databaseOf(kind) } });
      const box = await enrolledBox(cloud.origin);
      const updates = Array.from({ length: 6 }, (_, at) => {
        const address = `93.184.216.${at + 1}`;
        const body = { address: null, port: 8443, lan: [] };
        return box
          .send<Registration>(cloud.origin, "update", body, from(address))
          .then((answer) => ({ address, answer }));
      });
      const all = await Promise.all(updates);
      for (const { answer } of all)
        t.ok(
          answer.status === 200 || answer.body.code === "sequence-behind",
          `${answer.status} ${answer.body.code}`,
        );
      t.equal(all.at(-1)?.answer.status, 200, "the last is never behind");
      await settled(cloud);
      t.equal(await dns(cloud, box.id, "A"), "93.184.216.6");
      const state = await box.send<Registration>(cloud.origin, "state");
      t.equal(state.body.seq, box.seq);
    },
  );

  t.test(`operator on ${kind}: boxes are listed, blocked and let be again`, { skip }, async (t) => {
    const cloud = await testCloud(t, { config: { database: await databaseOf(kind) } });
    const box = await enrolledBox(cloud.origin);
    const other = await enrolledBox(cloud.origin);
    await update(box, cloud, HOME);
    await box.send(cloud.origin, "alias", { label: "our-living-room" });
    const list = (query: string) =>
      call<{ boxes: { id: string; alias: string }[]; next: string | null }>(
        cloud.socket,
        "GET",
        `/v1/admin/boxes${query}`,
      );
    t.same(
      (await list("")).body.boxes.map(({ id }) => id),
      [box.id, other.id].sort(),
    );
    const page = await list("?limit=1");
    t.equal(page.body.boxes.length, 1);
    t.equal((await list(`?limit=1&after=${page.body.next}`)).body.boxes.length, 1);
    t.same(
      (await list("?search=our-l")).body.boxes.map(({ id, alias }) => [id, alias]),
      [[box.id, "our-living-room"]],
    );
    await settled(cloud);
    t.equal(await dns(cloud, "our-living-room", "CNAME"), `${box.id}.${ZONE}`);
    const blocked = await call(
      cloud.socket,
      "POST",
      `/v1/admin/boxes/${box.id}/block`,
      JSON.stringify({ reason: "spam" }),
    );
    t.match(blocked, { status: 200, body: { state: "blocked", blocked: "spam" } });
    await settled(cloud);
    t.equal(await dns(cloud, box.id, "A"), "");
    t.equal(await dns(cloud, "our-living-room", "CNAME"), "");
    t.match(await box.send(cloud.origin, "state"), { status: 403, body: { code: "box-blocked" } });
    t.match(await box.send(cloud.origin, "enrol", { version: "2" }), {
      status: 403,
      body: { code: "box-blocked" },
    });
    t.same(
      (await list("?state=blocked")).body.boxes.map(({ id }) => id),
      [box.id],
    );
    await call(cloud.socket, "POST", `/v1/admin/boxes/${box.id}/unblock`, "{}");
    await settled(cloud);
    t.equal(await dns(cloud, box.id, "A"), HOME);
    const zone = await call<{ names: { name: string }[]; next: string }>(
      cloud.socket,
      "GET",
      "/v1/admin/zone",
    );
    t.ok(zone.body.names.some(({ name }) => name === `w.${box.id}.${ZONE}`));
    t.match(await call(cloud.socket, "GET", "/v1/admin/zone/check"), {
      status: 200,
      body: { differing: [], pending: 0 },
    });
    t.match(
      await call(cloud.origin, "GET", "/v1/admin/boxes"),
      { status: 401 },
      "from the network it is nobody's",
    );
  });
}
