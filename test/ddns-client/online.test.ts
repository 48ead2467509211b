import t from "tap";
import { createFacts } from "../../src/ddns-client/facts.ts";
import { Online, type OnlineSettings } from "../../src/ddns-client/online.ts";
import { CloudClient } from "../../src/ddns-client/registration/cloud-client.ts";
import { Registrar } from "../../src/ddns-client/registration/registrar.ts";
import { Sequence } from "../../src/ddns-client/registration/sequence.ts";
import { OnlineSession, type WayThere } from "../../src/ddns-client/session.ts";
import { systemClock } from "../../src/kernel/clock.ts";
import { createLog } from "../../src/kernel/log.ts";
import { openDatabase } from "../../src/kernel/store/database.ts";
import type { OnlineChange } from "../../src/protocol/online.ts";
import { fakeCloud, registrationOf, testSigner, type FakeCloud } from "../helpers/fake-cloud.ts";
import type { Teardown } from "../helpers/temporary.ts";

const log = createLog({ level: "silent" });
const turn = (ms = 0): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** A box's way into the internet, and how often it was begun and ended. */
class House {
  readonly cloud: FakeCloud;
  readonly online: Online;
  readonly saved: OnlineChange[] = [];
  /** Names that there is a certificate for. */
  certified: readonly string[] = [];
  httpsPort: number | null = 8443;
  begun = 0;
  ended = 0;
  /** Resolves when the way out may have begun. */
  gate: Promise<void> = Promise.resolve();

  constructor(cloud: FakeCloud, settings: Partial<OnlineSettings> = {}) {
    this.cloud = cloud;
    this.online = new Online({
      settings: { enabled: true, cloud: cloud.origin, openPorts: false, port: 0, ...settings },
      save: async (change) => void this.saved.push(change),
      open: (now) => this.#session(now),
      served: {
        hasCertificate: (name) => this.certified.includes(name),
        own: null,
      },
      clock: systemClock,
      log,
    });
  }

  /** What the cloud was asked for, in order. */
  get acts(): unknown[] {
    return this.cloud.heard.map(({ payload }) => payload["act"]);
  }

  #session({ cloud: origin }: OnlineSettings): OnlineSession {
    const sequence = new Sequence(createFacts(openDatabase(":memory:")), origin);
    const client = new CloudClient({ origin, signer: testSigner(), sequence, clock: systemClock });
    const view = { ipv4: { address: "5.5.5.5", port: 8443, localAddress: null }, ipv6: null, lan: [] };
    const wayOut: WayThere = {
      start: async () => {
        this.begun++;
        await this.gate;
      },
      stop: async () => void this.ended++,
      view: () => view,
      addresses: () => ({ ipv4: "5.5.5.5", ipv6: null }),
      router: () => ({ protocol: null, address: null, port: null, until: null, refusal: null }),
      diagnosis: () => ({ kind: "unknown", reason: null }),
      doubt: () => undefined,
      lookAgain: async () => undefined,
      onChanged: () => () => undefined,
    };
    const registrar = new Registrar({
      client,
      view: () => view,
      version: "1",
      clock: systemClock,
      log,
      random: () => 0,
    });
    return new OnlineSession({
      cloud: { client, registrar },
      wayOut,
      certificate: null,
      ownNames: [],
      providers: [],
      others: [],
      httpsPort: () => this.httpsPort,
      log,
    });
  }
}

async function house(t: Teardown, settings: Partial<OnlineSettings> = {}): Promise<House> {
  const one = new House(await fakeCloud(t), settings);
  t.teardown(() => one.online.stop());
  return one;
}

t.test("online: a change while it begins waits, and nothing of the first session is left", async (t) => {
  const one = await house(t);
  let open = (): void => undefined;
  one.gate = new Promise((resolve) => (open = resolve));
  const begun = one.online.start();
  const changed = one.online.change({ enabled: false });
  await turn(20);
  t.equal(one.ended, 0, "what begins is not ended before it has begun");
  open();
  await begun;
  t.match(await changed, { enabled: false, registration: "off" });
  t.same([one.begun, one.ended], [1, 1]);
  one.cloud.heard.length = 0;
  await turn(100);
  t.same(one.acts, [], "nobody reports any more");
});

t.test("online: on, off and on again", async (t) => {
  const one = await house(t, { enabled: false });
  await one.online.start();
  for (let times = 0; times < 2; times++) {
    t.match(await one.online.change({ enabled: true }), { enabled: true });
    while (one.online.state().registration !== "registered") await turn(10);
    t.match(await one.online.change({ enabled: false }), { registration: "off", name: null });
  }
  t.same(one.acts, ["enrol", "update", "withdraw", "enrol", "update", "withdraw"]);
  t.same([one.begun, one.ended], [2, 2]);
});

t.test("online: while the cloud keeps a report waiting, going offline takes seconds", async (t) => {
  const one = await house(t);
  const { cloud } = one;
  cloud.silent = ({ payload }) => payload["act"] === "update";
  await one.online.start();
  while (!one.acts.includes("update")) await turn(10);
  const from = performance.now();
  await one.online.change({ enabled: false });
  t.ok(performance.now() - from < 1000, "what is under way is broken off");
  t.same(one.acts.slice(-2), ["update", "withdraw"], "and no report comes after it");
});

t.test("online: a box that is stopped waits for no cloud, and takes no change any more", async (t) => {
  const one = await house(t);
  one.cloud.silent = () => true;
  await one.online.start();
  while (one.acts.length === 0) await turn(10);
  const changed = one.online.change({ enabled: false });
  await turn(50);
  const from = performance.now();
  await one.online.stop();
  t.ok(performance.now() - from < 1000);
  t.match(await changed, { enabled: false }, "what was asked for before is done");
  await t.rejects(one.online.change({ enabled: true }), { code: "stopping" });
  t.same(one.saved, [{ enabled: false }]);
  t.same([one.begun, one.ended], [1, 1]);
});

t.test("online: what cannot begin is ended, and can be tried again", async (t) => {
  const one = await house(t, { enabled: false });
  await one.online.start();
  one.gate = Promise.reject(new Error("no way"));
  one.gate.catch(() => undefined);
  await t.rejects(one.online.change({ enabled: true }), { message: "no way" });
  t.same([one.begun, one.ended], [1, 1]);
  one.gate = Promise.resolve();
  await one.online.change({ enabled: true });
  t.same([one.begun, one.ended], [2, 1]);
});

t.test(
  "online: phones are told names that there is a certificate for, and a proxy has its own",
  async (t) => {
    const one = await house(t);
    const { online, cloud } = one;
    const { name, lanName } = registrationOf();
    const alias = "smith.tv.example";
    const ipv4 = { state: "direct", address: "5.5.5.5", port: 443 } as const;
    const { ipv6 } = registrationOf().doors;
    cloud.answer = () => ({ status: 200, body: registrationOf({ alias, doors: { ipv4, ipv6 } }) });
    await online.change({ enabled: true });
    while (online.state().registration !== "registered") await turn(10);
    t.same(online.state().addresses, { home: null, away: null }, "browsers would warn of every name");
    one.certified = [name, lanName];
    t.same(online.state().addresses, { home: `https://${lanName}:8443`, away: `https://${name}` });
    one.certified = [name, lanName, alias];
    t.equal(
      online.state().addresses.away,
      `https://${alias}`,
      "the name that people say, once it is in there",
    );
    one.certified = [];
    one.httpsPort = null;
    t.same(online.state().addresses, { home: null, away: `https://${alias}` });
  },
);
