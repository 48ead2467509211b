import { spawn } from "node:child_process";
import { once } from "node:events";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import t from "tap";
import type { Registration } from "../../src/protocol/registration.ts";
import { anywhere, skipWithoutAnywhere, type Anywhere } from "../helpers/anywhere.ts";
import { eventually, runProgram } from "../helpers/daemon.ts";
import type { Teardown } from "../helpers/temporary.ts";

interface Said {
  readonly ready?: true;
  readonly dialled?: true;
  readonly passed?: string;
  readonly body?: string;
  readonly sent?: string;
  readonly status?: number;
  readonly answer?: string;
}

const RELAY = "5.5.5.50";
const RELAY_PORT = 8090;

/** Built beside this test, wherever esbuild put it. */
function childPath(): string {
  const here = dirname(fileURLToPath(import.meta.url));
  return here.endsWith("/chunks") ? join(here, "../threats/relay.child.js") : join(here, "relay.child.js");
}

async function relay(t: Teardown, world: Anywhere) {
  const { phone, cloud, wan } = world.lab;
  const wish = {
    address: RELAY,
    port: RELAY_PORT,
    cloud: { host: cloud.address, port: RELAY_PORT },
    box: { host: wan, port: 8443 },
  };
  const [command = "", ...args] = [...phone.wrapper, process.execPath, childPath(), JSON.stringify(wish)];
  const child = spawn(command, args, { stdio: ["pipe", "pipe", "inherit"] });
  t.teardown(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill("SIGKILL");
    await once(child, "exit");
  });
  const said: Said[] = [];
  createInterface({ input: child.stdout }).on("line", (line) => said.push(JSON.parse(line) as Said));
  await eventually("the relay stands", () => said.some(({ ready }) => ready));
  return {
    said,
    async send(path: string, body: string): Promise<Said> {
      const before = said.filter(({ sent }) => sent !== undefined).length;
      child.stdin.write(`${JSON.stringify({ path, body })}\n`);
      return eventually("the cloud answers", () => said.filter(({ sent }) => sent !== undefined)[before]);
    },
  };
}

/** The DNS has an address of the box's, or none: never another. */
async function dugIsTrue(t: { ok(value: boolean, message: string): unknown }, world: Anywhere, name: string) {
  const seen = [...(await world.dug(name)), ...(await world.dug(`w.${name}`))];
  t.ok(
    seen.every((address) => address === world.lab.wan),
    `the DNS says ${seen.join(", ") || "nothing"}`,
  );
}

t.test(
  "T21: whoever stands between box and cloud gets no address of his own into the DNS",
  { skip: skipWithoutAnywhere() },
  async (t) => {
    t.setTimeout(240_000);
    const through = `http://${RELAY}:${RELAY_PORT}`;
    // The box takes the relay for its cloud, and the cloud goes by that name too: nothing is amiss but the sender.
    const world = await anywhere(t, {
      online: { enabled: false, cloud: through },
      cloud: { http: { address: "::", port: RELAY_PORT, origins: [through] } },
    });
    const attacker = await relay(t, world);
    await world.box.local("PATCH", "/api/v1/online", { enabled: true });
    const passed = await eventually("an update with the box's own address was passed on", () =>
      attacker.said.find(
        ({ passed, body }) => passed?.endsWith("/addresses") && payloadOf(body)["port"] !== null,
      ),
    );
    const { name, doors } = JSON.parse(passed.answer ?? "{}") as Registration;
    t.equal(doors.ipv4.state, "differs", "the box says where it is, and the request came from elsewhere");
    await dugIsTrue(t, world, name);

    const replayed = await attacker.send(passed.passed!, passed.body!);
    t.equal(replayed.status, 409, "sent once more it is old");
    for (const [what, forged] of forgeries(passed.body!)) {
      const { status } = await attacker.send(passed.passed!, forged);
      t.ok(status === 401 || status === 400 || status === 409, `${what}: ${status}`);
    }
    await dugIsTrue(t, world, name);

    const { address } = world.lab.phone;
    const nonce = "0123456789abcdefghijkl";
    const dial = async (host: string, claimed: string): Promise<string> => {
      const url = `https://${host}:8443/.well-known/tellyport/dial-back?nonce=${nonce}&address=${claimed}&port=8443`;
      const [command = "", ...args] = [
        ...world.lab.phone.wrapper,
        "curl",
        "-sk",
        "-o",
        "-",
        "-w",
        "%{http_code}",
        url,
      ];
      return (await runProgram(command, args)).stdout;
    };
    t.match(await dial(world.lab.wan, world.lab.wan), /answer.*200$/s, "the box signs where it is");
    t.match(await dial(address, address), /404$/, "and for nobody who passes the question on");
    t.match(await dial(world.lab.wan, address), /404$/);
    t.ok(
      attacker.said.some(({ dialled }) => dialled),
      "he was asked",
    );
    await dugIsTrue(t, world, name);
  },
);

function payloadOf(body = ""): Record<string, unknown> {
  const { request } = JSON.parse(body) as { request: string };
  return JSON.parse(Buffer.from(request.split(".")[1] ?? "", "base64url").toString()) as Record<
    string,
    unknown
  >;
}

/** The same request with another address in it, as far as somebody without the key can make one. */
function forgeries(body: string): [string, string][] {
  const { request } = JSON.parse(body) as { request: string };
  const [head = "", payload = "", signature = ""] = request.split(".");
  const changed = { ...payloadOf(body), address: RELAY, seq: Number(payloadOf(body)["seq"]) + 100 };
  const text = Buffer.from(JSON.stringify(changed)).toString("base64url");
  const unsigned = Buffer.from(JSON.stringify({ alg: "none" })).toString("base64url");
  const all: [string, string][] = [
    ["another address under the old signature", `${head}.${text}.${signature}`],
    ["no signature", `${head}.${text}.`],
    ["no algorithm", `${unsigned}.${text}.`],
    ["the old signature on top", `${head}.${payload}.${signature}x`],
  ];
  return all.map(([what, jws]) => [what, JSON.stringify({ request: jws })]);
}
