import t, { type Test } from "tap";
import { skipWithoutProgram } from "../../helpers/programs.ts";
import { ddclientTests, inadynTests, type UnderTest } from "./distribution-clients.ts";
import { HOST, served, TOKEN, ZONE } from "./served.ts";

/** Each with an endpoint of its own, of the real application with its names in memory. */
async function endpoint(t: Test): Promise<UnderTest> {
  const { port, hosts } = await served(t);
  return {
    server: `127.0.0.1:${port}`,
    host: HOST,
    user: HOST,
    token: TOKEN,
    unknownHost: `unknown.${ZONE}`,
    observed: "127.0.0.1",
    addresses: () => hosts.at(HOST),
    setTrouble: (broken) => void (hosts.trouble = broken ? "store-unavailable" : null),
  };
}

t.test(
  "dyndns2: the distribution's inadyn",
  { skip: skipWithoutProgram("inadyn"), timeout: 180_000 },
  (t) => {
    t.jobs = 4;
    inadynTests(t, endpoint);
    t.end();
  },
);

t.test(
  "dyndns2: the distribution's ddclient",
  { skip: skipWithoutProgram("ddclient"), timeout: 180_000 },
  (t) => {
    t.jobs = 4;
    ddclientTests(t, endpoint);
    t.end();
  },
);
