import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import t from "tap";
import { coturn } from "../../helpers/coturn.ts";
import { eventually } from "../../helpers/daemon.ts";
import { routerLab, skipWithoutRouter, type RouterLab } from "../../helpers/router-lab.ts";
import type { Teardown } from "../../helpers/temporary.ts";
import type { ExternalLine, ExternalWish } from "./external.child.ts";

const skip = skipWithoutRouter("turnserver");

interface Looker {
  readonly lines: ExternalLine[];
  until(what: string, is: (line: ExternalLine) => boolean, timeoutMs?: number): Promise<ExternalLine>;
}

async function looker(t: Teardown, lab: RouterLab, open: boolean): Promise<Looker> {
  const addresses = [
    lab.cloud.address,
    lab.cloud.second,
    ...(lab.cloud.address6 === null ? [] : [lab.cloud.address6]),
  ];
  await coturn(t, lab.cloud.wrapper, addresses);
  const wish: ExternalWish = { servers: addresses.map((host) => ({ host, port: 3478, named: false })), open };
  const [program = "", ...args] = [
    ...lab.box.wrapper,
    process.execPath,
    join(import.meta.dirname, "external.child.js"),
    JSON.stringify(wish),
  ];
  const child = spawn(program, args, { stdio: ["pipe", "pipe", "inherit"] });
  t.teardown(async () => {
    child.stdin.end();
    if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
  });
  const lines: ExternalLine[] = [];
  createInterface({ input: child.stdout }).on("line", (text) => lines.push(JSON.parse(text) as ExternalLine));
  return {
    lines,
    until: (what, is, timeoutMs = 60_000) =>
      eventually(
        what,
        () => {
          const last = lines.at(-1);
          return last !== undefined && is(last) && last;
        },
        timeoutMs,
        20,
      ).catch((error: unknown) => {
        throw new Error(`${what}: ${JSON.stringify(lines.at(-1))}`, { cause: error });
      }),
  };
}

t.test("one NAT: mapped; a new address is known from all sides", { skip }, async (t) => {
  const lab = await routerLab(t, { ipv6: true });
  const box = await looker(t, lab, true);
  const line = await box.until(
    "all is known",
    ({ view, diagnosis }) =>
      view.sources.stun.ipv6 !== null && diagnosis.kind === "single-nat-mapped" && view.port !== null,
  );
  t.match(line.view, {
    ipv4: lab.wan,
    ipv6: lab.box.address6,
    port: 8443,
    sources: {
      router: lab.wan,
      stun: { ipv4: lab.wan, ipv6: lab.box.address6 },
      isEndpointIndependent: true,
    },
  });
  const from = performance.now();
  const wan = lab.newWanAddress();
  await box.until("the new address", ({ view }) => view.ipv4 === wan, 120_000);
  t.comment(`a new address was told after ${Math.round(performance.now() - from)} ms`);
  await box.until("STUN says so too", ({ view }) => view.sources.stun.ipv4 === wan, 120_000);
});

t.test("one NAT: closed, as nobody opened it", { skip }, async (t) => {
  const box = await looker(t, await routerLab(t), false);
  const { diagnosis } = await box.until("it is known", (line) => line.diagnosis.kind === "single-nat-closed");
  t.equal(diagnosis.reason, "mapping-off");
});

for (const [kind, options] of [
  ["carrier-grade-nat", { carrierGradeNat: true }],
  ["double-nat", { doubleNat: true }],
] as const)
  for (const [said, speaks] of [
    ["all", {}],
    ["UPnP alone", { pcp: false }],
    ["PCP and NAT-PMP alone", { igd: false }],
  ] as const)
    t.test(`${kind}, by a router that speaks ${said}`, { skip }, async (t) => {
      const lab = await routerLab(t, { ...options, speaks });
      const box = await looker(t, lab, true);
      // UPnP does not tell which address it is that cannot be mapped.
      const isVague = kind === "double-nat" && said === "UPnP alone";
      const expected = isVague ? "carrier-grade-nat" : kind;
      const isKnown = ({ view, diagnosis }: ExternalLine): boolean =>
        diagnosis.kind === expected && view.sources.stun.ipv4 !== null;
      const { view } = await box.until(kind, isKnown);
      t.match(view, { ipv4: "5.5.5.20", port: null, sources: { stun: { ipv4: "5.5.5.20" } } });
      await new Promise((resolve) => setTimeout(resolve, 4000));
      const last = await box.until("it stays so", isKnown);
      t.match(last.view, { ipv4: "5.5.5.20", port: null });
    });
