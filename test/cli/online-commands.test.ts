import { join } from "node:path";
import t from "tap";
import { EXIT } from "../../src/cli/exit-codes.ts";
import { onlineState } from "../../src/ddns-client/online-state.ts";
import { SOCKET_FILE } from "../../src/protocol/access.ts";
import { temporaryFolder, type Teardown } from "../helpers/temporary.ts";
import { startFakeBox } from "./fake-box.ts";
import { run } from "./run-command.ts";

/** A box that has a name that people can say, and one for a router; it notes what is asked of it. */
async function boxOnline(t: Teardown, names: { alias: string | null; hosts: string[] }) {
  const state = await temporaryFolder(t);
  const settings = { enabled: true, cloud: "https://cloud.example", openPorts: false, port: 0 };
  const body = {
    ...onlineState(settings, null, { hasCertificate: () => false, own: null }),
    ...names,
  };
  const asked: string[] = [];
  await startFakeBox(
    t,
    ({ line, body: change }) => {
      if (!line.startsWith("GET")) asked.push(`${line} ${JSON.stringify(change)}`);
      return { body };
    },
    join(state, SOCKET_FILE),
  );
  const online = (argv: string, ask?: () => Promise<string | null>) =>
    run(["online", ...argv.split(" "), "--state", state], ask === undefined ? {} : { ask });
  return { asked, online };
}

t.test("online alias: whoever has a name already is asked before it is given up", async (t) => {
  const { asked, online } = await boxOnline(t, { alias: "livingroom.box.example", hosts: [] });
  t.match(await online("alias kitchen"), {
    code: EXIT.usage,
    stderr: /livingroom\.box\.example is given up/,
  });
  t.match((await online("alias kitchen")).stderr, "tellyport online alias kitchen --yes");
  await online("alias kitchen", async () => "no");
  await online("alias", async () => "no");
  t.same(asked, []);
  t.match(await online("alias LivingRoom"), { code: 0 }, "the same one is nothing to ask about");
  t.match(await online("alias kitchen", async () => "yes"), { code: 0 });
  t.match(await online("alias --yes"), { code: 0 });
  t.same(asked, [
    'PUT /api/v1/online/alias {"label":"LivingRoom"}',
    'PUT /api/v1/online/alias {"label":"kitchen"}',
    'PUT /api/v1/online/alias {"label":null}',
  ]);
});

t.test("online alias: the first name is no question", async (t) => {
  const { asked, online } = await boxOnline(t, { alias: null, hosts: [] });
  t.match(await online("alias kitchen"), { code: 0 });
  t.equal(asked.length, 1);
});

t.test("online host remove: a name that there is not is told, with those that there are", async (t) => {
  const { asked, online } = await boxOnline(t, { alias: null, hosts: ["router.box.example"] });
  t.match(await online("host remove ruoter"), {
    code: EXIT.usage,
    stderr: /no name ruoter. There are: router\.box\.example/,
  });
  t.match(await online("host remove router"), { code: 0 });
  t.match(await online("host remove Router.box.example"), { code: 0 });
  t.same(asked, Array(2).fill("DELETE /api/v1/online/hosts/router {}"));
  const none = await boxOnline(t, { alias: null, hosts: [] });
  t.match(await none.online("host remove router"), { code: EXIT.usage, stderr: /online host add NAME/ });
});
