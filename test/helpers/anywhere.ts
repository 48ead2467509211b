import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { OnlineState } from "../../src/protocol/online.ts";
import type { TsigKey } from "../../src/protocol/dns/tsig.ts";
import { startCloudProcess, type RunningCloudProcess } from "./cloud.ts";
import { CLI, eventually, runProgram, startDaemon, type Daemon } from "./daemon.ts";
import { digValues } from "./dig.ts";
import { startBind, type ForeignNameServer } from "./name-servers.ts";
import { startPebble, type Pebble } from "./pebble.ts";
import {
  routerLab,
  skipWithoutRouter,
  type LabPlace,
  type RouterLab,
  type RouterLabOptions,
} from "./router-lab.ts";
import { temporaryFolder, type Teardown } from "./temporary.ts";

/** The whole of it, each part real: a box behind a router, a cloud, a name server, an authority, and a phone in the internet. */
export interface Anywhere {
  readonly lab: RouterLab;
  readonly zone: string;
  readonly names: ForeignNameServer;
  readonly authority: Pebble;
  readonly cloud: RunningCloudProcess;
  readonly box: Daemon;
  /** The authority's root, which the phone trusts. */
  readonly rootFile: string;
  online(): Promise<OnlineState>;
  /** Waits for the box to be found, with a certificate. */
  found(): Promise<OnlineState>;
  /** What `dig` sees from the phone. */
  dug(name: string, type?: string): Promise<readonly string[]>;
}

export const ZONE = "tv.example";
const KEY: TsigKey = {
  name: "cloud",
  algorithm: "hmac-sha256",
  secret: Buffer.from("0123456789abcdef0123456789abcdef"),
};
const [DNS_PORT, CLOUD_PORT, ACME_PORT, STUN_PORT] = [53, 8090, 14000, 3478];

/** For tap's `skip` option. */
export function skipWithoutAnywhere(): false | string {
  return skipWithoutRouter("named", "dig", "pebble");
}

export interface AnywhereOptions extends RouterLabOptions {
  /** Of the box's `online` section, in place of what is usual. */
  readonly online?: Readonly<Record<string, unknown>>;
  /** Of the cloud's configuration, beside what is usual. */
  readonly cloud?: Readonly<Record<string, unknown>>;
}

/** Makes all of it; it goes with the test. */
export async function anywhere(t: Teardown, options: AnywhereOptions = {}): Promise<Anywhere> {
  const lab = await routerLab(t, options);
  const { wrapper, address } = lab.cloud;
  resolveBy(t, lab.phone.wrapper, address);
  const names = await startBind(t, ZONE, KEY, { address, port: DNS_PORT, wrapper });
  const authority = await startPebble(t, {
    dns: `${address}:${DNS_PORT}`,
    address,
    port: ACME_PORT,
    wrapper,
  });
  const rootFile = join(await temporaryFolder(t), "root.pem");
  await writeFile(rootFile, await authority.root());
  const origin = `http://${address}:${CLOUD_PORT}`;
  const cloud = await startCloudProcess(t, {
    wrapper,
    config: {
      http: { address: "::", port: CLOUD_PORT, origins: [origin] },
      zone: { name: ZONE, caa: [] },
      publisher: {
        kind: "rfc2136",
        rfc2136: {
          server: address,
          port: DNS_PORT,
          keyName: KEY.name,
          secret: Buffer.from(KEY.secret).toString("base64"),
        },
      },
      stun: { port: STUN_PORT, addresses: [address] },
      // In the laboratory they are the cloud's neighbours.
      addresses: { allow: ["5.5.5.0/24", "2a01:5::/32"] },
      ...options.cloud,
    },
  });
  const box = await startDaemon(t, {
    wrapper: lab.box.wrapper,
    config: JSON.stringify({
      http: { address: "::", port: 8080, https: { port: 8443 } },
      announce: { mdns: false, ssdp: "off" },
      online: {
        enabled: true,
        cloud: origin,
        openPorts: true,
        authoritiesFile: authority.caFile,
        certificate: { directory: authority.directory },
        ...options.online,
      },
    }),
  });
  const online = async (): Promise<OnlineState> =>
    (await box.local<OnlineState>("GET", "/api/v1/online")).body;
  return {
    lab,
    zone: ZONE,
    names,
    authority,
    cloud,
    box,
    rootFile,
    online,
    found: () =>
      eventually(
        "the box is found, and has a certificate",
        async () => {
          const state = await online();
          return state.addresses.away === null ? null : state;
        },
        90_000,
        250,
      ),
    dug: (name, type = "A") => digValues({ address, port: DNS_PORT, name, type, wrapper: lab.phone.wrapper }),
  };
}

/** Whoever runs in that namespace asks this name server. @see ip-netns(8) */
function resolveBy(t: Teardown, wrapper: readonly string[], server: string): void {
  const folder = join("/etc/netns", wrapper.at(-1) ?? "");
  mkdirSync(folder, { recursive: true });
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, "resolv.conf"), `nameserver ${server}\noptions timeout:1 attempts:2\n`);
}

/** `tellyport remote ...` at a place of the lab, which trusts the authority. */
export function remoteFrom(world: Anywhere, place: LabPlace, env: NodeJS.ProcessEnv, ...args: string[]) {
  const command = [...place.wrapper, process.execPath, CLI, "remote", ...args];
  return runProgram(command[0] as string, command.slice(1), {
    env: { ...process.env, NODE_EXTRA_CA_CERTS: world.rootFile, ...env },
    timeoutMs: 60_000,
  });
}
