import t, { type Test } from "tap";
import { systemClock } from "../../../src/kernel/clock.ts";
import { openDatabase } from "../../../src/kernel/store/database.ts";
import { createFacts } from "../../../src/ddns-client/facts.ts";
import { CloudClient } from "../../../src/ddns-client/registration/cloud-client.ts";
import { Sequence } from "../../../src/ddns-client/registration/sequence.ts";
import { startCloudProcess } from "../../helpers/cloud.ts";
import { eventually } from "../../helpers/daemon.ts";
import { digValues } from "../../helpers/dig.ts";
import { testBox } from "../../helpers/fake-cloud.ts";
import { freePort } from "../../helpers/free-port.ts";
import { skipWithoutProgram } from "../../helpers/programs.ts";
import { ddclientTests, inadynTests, type UnderTest } from "./distribution-clients.ts";

const ZONE = "tv.example";
const NEVER = new AbortController().signal;

/** Boxes of a real cloud, each with a name for a router; what they have is what `dig` sees. */
async function cloudOfBoxes(t: Test): Promise<(t: Test) => Promise<UnderTest>> {
  const [dns, http] = [await freePort(), await freePort()];
  const origin = `http://127.0.0.1:${http}`;
  await startCloudProcess(t, {
    config: {
      http: { address: "127.0.0.1", port: http, origins: [origin] },
      zone: { name: ZONE },
      dns: { address: "127.0.0.1", port: dns },
      stun: { enabled: false },
      limits: { enrolmentsPerNetworkHour: 100 },
    },
  });
  let made = 0;
  return async () => {
    const signer = testBox();
    const sequence = new Sequence(createFacts(openDatabase(":memory:")), origin);
    const client = new CloudClient({ origin, signer, sequence, clock: systemClock });
    await client.act("enrol", { version: "1" }, NEVER);
    const { name, user, token } = await client.hostToken(`router-${++made}`, NEVER);
    const at = async (type: string): Promise<string[]> => digValues({ port: dns, name, type });
    return {
      server: `127.0.0.1:${http}`,
      host: name,
      user,
      token,
      unknownHost: `nobody.${ZONE}`,
      observed: null,
      addresses: async () => [...(await at("A")), ...(await at("AAAA"))],
      setTrouble: null,
    };
  };
}

t.test(
  "A3: ddclient and inadyn update a name of the real cloud, and dig sees it",
  { skip: skipWithoutProgram("inadyn", "ddclient", "dig"), timeout: 180_000 },
  async (t) => {
    const box = await cloudOfBoxes(t);
    t.jobs = 4;
    inadynTests(t, box);
    ddclientTests(t, box);
  },
);

t.test(
  "A3: what a router says is in the DNS within a second",
  { skip: skipWithoutProgram("dig") },
  async (t) => {
    const box = await (await cloudOfBoxes(t))(t);
    const { server, host, user, token } = box;
    const update = await fetch(
      `http://${server}/nic/update?hostname=${host}&myip=93.184.216.34,2a02:1234::7`,
      {
        headers: { authorization: `Basic ${Buffer.from(`${user}:${token}`).toString("base64")}` },
      },
    );
    t.equal((await update.text()).trim(), "good 93.184.216.34,2a02:1234::7");
    await eventually("dig sees both", async () => (await box.addresses()).length === 2, 5000);
  },
);
