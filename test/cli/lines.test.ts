import { join } from "node:path";
import t from "tap";
import { temporaryFolder, type Teardown } from "../helpers/temporary.ts";
import { startRealBox, type RealBox } from "./real-box.ts";
import { run } from "./run-command.ts";

/** A box with a phone, and the laptop that it handed its place to. */
async function boxWithLine(t: Teardown): Promise<RealBox> {
  const box = await startRealBox(t);
  const folder = await temporaryFolder(t);
  const env = (name: string) => ({ TELLYPORT_CREDENTIALS: join(folder, `${name}.json`) });
  const pairs = ["remote", "pair", box.access.openOffer("viewer").url, "--name", "Kim's phone"];
  await run(pairs, { env: env("phone") });
  const { url } = JSON.parse((await run(["remote", "hand-off", "--json"], { env: env("phone") })).stdout) as {
    url: string;
  };
  await run(["remote", "pair", "--hand-off", url, "--name", "Kim's laptop"], { env: env("laptop") });
  return box;
}

t.test("clients role: says which others of the same person changed with it", async (t) => {
  const box = await boxWithLine(t);
  const state = ["--state", box.state];
  t.match(await run(["clients", "role", "Kim's laptop", "kid", ...state]), {
    code: 0,
    stdout: "Kim's laptop is a kid now: to 12 years.\nChanged with it: Kim's phone.\n",
  });
  t.match(JSON.parse((await run(["clients", "role", "Kim's phone", "guest", "--json", ...state])).stdout), {
    client: { role: "guest", changed: [{ name: "Kim's laptop" }] },
  });
});

t.test("clients revoke: takes what a client opened along, says so, and leaves it where told", async (t) => {
  const box = await boxWithLine(t);
  const state = ["--state", box.state];
  t.match(await run(["clients", "revoke", "--all", "--alone", ...state]), { code: 64, stderr: /one client/ });
  t.match(await run(["clients", "revoke", "Kim's phone", ...state]), {
    code: 0,
    stdout: "Kim's phone may no longer watch.\nRemoved with it: Kim's laptop.\n",
  });
  const other = ["--state", (await boxWithLine(t)).state];
  const alone = await run(["clients", "revoke", "Kim's phone", "--alone", "--json", ...other]);
  t.match(JSON.parse(alone.stdout), { removed: [{ name: "Kim's phone" }] });
  t.match((await run(["clients", "list", ...other])).stdout, /Kim's laptop/);
});
