import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { skipWithoutNamespaces } from "./network-namespace.ts";
import { skipWithoutProgram } from "./programs.ts";
import { temporaryFolder, type Teardown } from "./temporary.ts";

/**
 * An internet in small: machines on a bridge, a home router with NAT, a firewall and a real miniupnpd, and a box behind it.
 *
 *     phone  cloud                       5.5.5.0/24, 2a01:5:5::/64
 *       └──┬───┘
 *     [carrier or another router]        100.64.0.0/24 or 192.168.1.0/24 on its inner side
 *          │
 *     home router                        192.168.77.0/24, 2a01:5:77::/64 on its inner side
 *          │
 *         box
 *
 * Addresses are of the internet's, as miniupnpd maps nothing for those of documentation (RFC 5737); they never leave the machine.
 */
export interface RouterLab {
  readonly box: LabPlace;
  readonly phone: LabPlace;
  /** Has a second address, for what wants two servers. */
  readonly cloud: LabPlace & { readonly second: string };
  /** Somebody else in the home network. */
  readonly neighbour: LabPlace;
  readonly router: LabPlace;
  /** The home router's IPv4 address on its outer side. */
  readonly wan: string;
  /** The address by which the internet sees the home. */
  readonly seen: string;
  /** Cuts the router's power: its mappings and its epoch are gone. Resolves when it serves again. @param downMs default 0 */
  reboot(downMs?: number): Promise<void>;
  /** The home router gets another IPv4 address on its outer side. @param last its last octet; default: one more. @returns it */
  newWanAddress(last?: number): string;
  /** Ends miniupnpd; {@link reboot} starts it again. */
  silence(): Promise<void>;
  /** Rules that miniupnpd has made, as nft prints them. */
  rules(): string;
}

export interface LabPlace {
  /** IPv4 */
  readonly address: string;
  /** Null without `ipv6`. */
  readonly address6: string | null;
  /** To put before a command so that it runs there. */
  readonly wrapper: readonly string[];
}

export interface RouterLabOptions {
  /** A second NAT, at the provider, with addresses of RFC 6598. */
  readonly carrierGradeNat?: boolean;
  /** A second NAT at home. */
  readonly doubleNat?: boolean;
  readonly ipv6?: boolean;
  /** What miniupnpd speaks; default both. `pcp` is NAT-PMP as well. */
  readonly speaks?: { readonly pcp?: boolean; readonly igd?: boolean };
  /** The shortest lease that it gives, s; default 1. */
  readonly minLifetime?: number;
}

/** For tap's `skip` option. */
export function skipWithoutRouter(...programs: string[]): false | string {
  return skipWithoutProgram("miniupnpd", "nft", ...programs) || skipWithoutNamespaces();
}

let made = 0;

/** Makes it; it goes with the test. */
export async function routerLab(t: Teardown, options: RouterLabOptions = {}): Promise<RouterLab> {
  const { carrierGradeNat = false, doubleNat = false, ipv6 = false } = options;
  const spaces = new Spaces(t);
  for (const name of ["inet", "phone", "cloud", "home", "box", "neighbour"]) spaces.make(name);
  spaces.ip("inet", "link", "add", "br0", "type", "bridge");
  spaces.ip("inet", "addr", "add", "5.5.5.1/24", "dev", "br0");
  spaces.ip("inet", "link", "set", "br0", "up");
  const attach = (name: string, interfaceName: string, ...addresses: string[]): void => {
    const port = `to-${name}`;
    spaces.cable("inet", port, name, interfaceName, ...addresses);
    spaces.ip("inet", "link", "set", port, "master", "br0");
  };
  const v6 = (address: string): string[] => (ipv6 ? [address] : []);
  attach("phone", "eth0", "5.5.5.50/24", ...v6("2a01:5:5::50/64"));
  attach("cloud", "eth0", "5.5.5.10/24", "5.5.5.11/24", ...v6("2a01:5:5::10/64"));

  let network = "5.5.5";
  let host = 30;
  let wan = `${network}.${host}`;
  if (carrierGradeNat || doubleNat) {
    network = carrierGradeNat ? "100.64.0" : "192.168.1";
    wan = `${network}.${host}`;
    spaces.make("outer");
    attach("outer", "wan0", "5.5.5.20/24");
    spaces.cable("outer", "lan0", "home", "wan0", `${wan}/24`);
    spaces.ip("outer", "addr", "add", `${network}.1/24`, "dev", "lan0");
    spaces.forward("outer");
    spaces.nft("outer", OUTER_RULES);
  } else {
    attach("home", "wan0", `${wan}/24`, ...v6("2a01:5:5::30/64"));
  }
  spaces.ip("home", "route", "add", "default", "via", `${network}.1`);
  spaces.ip("home", "link", "add", "lan0", "type", "bridge");
  for (const name of ["box", "neighbour"]) {
    const last = name === "box" ? "10" : "11";
    spaces.cable("home", name, name, "eth0", `192.168.77.${last}/24`, ...v6(`2a01:5:77::${last}/64`));
    spaces.ip("home", "link", "set", name, "master", "lan0");
    spaces.ip(name, "route", "add", "default", "via", "192.168.77.1");
  }
  for (const address of ["192.168.77.1/24", ...v6("fe80::1/64"), ...v6("2a01:5:77::1/64")])
    spaces.address("home", "lan0", address);
  spaces.ip("home", "link", "set", "lan0", "up");
  spaces.forward("home");
  if (ipv6) {
    for (const name of ["box", "neighbour"])
      spaces.ip(name, "-6", "route", "add", "default", "via", "fe80::1", "dev", "eth0");
    for (const name of ["phone", "cloud"])
      spaces.ip(name, "-6", "route", "add", "2a01:5:77::/64", "via", "2a01:5:5::30");
  }
  spaces.nft("home", HOME_RULES);
  const daemon = new Miniupnpd(spaces.wrapper("home"), await temporaryFolder(t), options);
  t.teardown(() => daemon.kill());
  await daemon.start();

  const place = (name: string, address: string, address6: string): LabPlace => ({
    address,
    address6: ipv6 ? address6 : null,
    wrapper: spaces.wrapper(name),
  });
  return {
    box: place("box", "192.168.77.10", "2a01:5:77::10"),
    neighbour: place("neighbour", "192.168.77.11", "2a01:5:77::11"),
    phone: place("phone", "5.5.5.50", "2a01:5:5::50"),
    cloud: { ...place("cloud", "5.5.5.10", "2a01:5:5::10"), second: "5.5.5.11" },
    router: place("home", "192.168.77.1", "2a01:5:77::1"),
    get wan() {
      return wan;
    },
    get seen() {
      return carrierGradeNat || doubleNat ? "5.5.5.20" : wan;
    },
    async reboot(downMs = 0) {
      await daemon.kill();
      spaces.nft("home", HOME_RULES);
      await new Promise((resolve) => setTimeout(resolve, downMs));
      await daemon.start();
    },
    newWanAddress(last) {
      const old = wan;
      host = last ?? host + 1;
      wan = `${network}.${host}`;
      spaces.ip("home", "addr", "del", `${old}/24`, "dev", "wan0");
      spaces.ip("home", "addr", "add", `${wan}/24`, "dev", "wan0");
      spaces.ip("home", "route", "replace", "default", "via", `${network}.1`);
      return wan;
    },
    silence: () => daemon.kill(),
    rules: () => spaces.run("home", "nft", "list", "ruleset"),
  };
}

/** Network namespaces of one lab, by short names. */
class Spaces {
  readonly #prefix = `tellyport-lab-${process.pid}-${++made}`;
  readonly #t: Teardown;

  constructor(t: Teardown) {
    this.#t = t;
  }

  make(name: string): void {
    const space = `${this.#prefix}-${name}`;
    execFileSync("ip", ["netns", "add", space]);
    this.#t.teardown(() => execFileSync("ip", ["netns", "del", space]));
    this.ip(name, "link", "set", "lo", "up");
  }

  wrapper(name: string): string[] {
    return ["ip", "netns", "exec", `${this.#prefix}-${name}`];
  }

  run(name: string, ...command: string[]): string {
    const [program = "", ...args] = [...this.wrapper(name), ...command];
    return execFileSync(program, args, { stdio: ["ignore", "pipe", "pipe"] }).toString();
  }

  ip(name: string, ...args: string[]): void {
    execFileSync("ip", ["-n", `${this.#prefix}-${name}`, ...args]);
  }

  /** A cable from one to another, whose end there has these addresses. */
  cable(from: string, fromPort: string, to: string, toPort: string, ...addresses: string[]): void {
    this.ip(
      from,
      "link",
      "add",
      fromPort,
      "type",
      "veth",
      "peer",
      "name",
      toPort,
      "netns",
      `${this.#prefix}-${to}`,
    );
    for (const address of addresses) this.address(to, toPort, address);
    this.ip(from, "link", "set", fromPort, "up");
    this.ip(to, "link", "set", toPort, "up");
  }

  /** Nobody else has it: what duplicate address detection would wait a second for. */
  address(name: string, port: string, address: string): void {
    this.ip(name, "addr", "add", address, "dev", port, ...(address.includes(":") ? ["nodad"] : []));
  }

  forward(name: string): void {
    for (const key of ["ipv4/ip_forward", "ipv6/conf/all/forwarding"])
      this.run(name, "sh", "-c", `echo 1 > /proc/sys/net/${key}`);
  }

  nft(name: string, rules: string): void {
    const [program = "", ...args] = [...this.wrapper(name), "nft", "-f", "-"];
    execFileSync(program, args, { input: rules });
  }
}

/** A NAT that maps nothing. */
const OUTER_RULES = `table ip nat {
  chain postrouting { type nat hook postrouting priority 100; oifname "wan0" masquerade; }
}`;

/** Masquerades IPv4, and lets in of either family what was asked for, or what miniupnpd has a rule for. */
const HOME_RULES = `flush ruleset
table inet filter {
  chain forward {
    type filter hook forward priority 0; policy drop;
    ct state established,related accept
    iifname "lan0" accept
    jump miniupnpd
  }
  chain miniupnpd {}
  chain prerouting { type nat hook prerouting priority -100; jump prerouting_miniupnpd; }
  chain postrouting {
    type nat hook postrouting priority 100;
    jump postrouting_miniupnpd
    oifname "wan0" meta nfproto ipv4 masquerade
  }
  chain prerouting_miniupnpd {}
  chain postrouting_miniupnpd {}
}`;

/** The daemon of the home router. */
class Miniupnpd {
  readonly #wrapper: readonly string[];
  readonly #folder: string;
  readonly #config: string;
  readonly #ready: RegExp;
  #child: ChildProcess | null = null;

  constructor(wrapper: readonly string[], folder: string, options: RouterLabOptions) {
    const { pcp = true, igd = true } = options.speaks ?? {};
    this.#wrapper = wrapper;
    this.#folder = folder;
    this.#ready = pcp ? /NAT-PMP\/PCP traffic/ : /HTTP listening/;
    this.#config = [
      "ext_ifname=wan0",
      "ext_ifname6=wan0",
      "listening_ip=lan0",
      `enable_natpmp=${pcp ? "yes" : "no"}`,
      `enable_upnp=${igd ? "yes" : "no"}`,
      `min_lifetime=${options.minLifetime ?? 1}`,
      "max_lifetime=86400",
      "secure_mode=yes",
      "system_uptime=no",
      "upnp_table_name=filter",
      "upnp_nat_table_name=filter",
      "upnp_forward_chain=miniupnpd",
      "upnp_nat_chain=prerouting_miniupnpd",
      "upnp_nat_postrouting_chain=postrouting_miniupnpd",
      "uuid=00000000-0000-0000-0000-000000000001",
      "allow 1024-65535 192.168.77.0/24 1024-65535",
      "deny 0-65535 0.0.0.0/0 0-65535",
      "",
    ].join("\n");
  }

  async start(): Promise<void> {
    const file = join(this.#folder, "miniupnpd.conf");
    await writeFile(file, this.#config);
    const command = [...this.#wrapper, "miniupnpd", "-d", "-f", file, "-P", join(this.#folder, "pid")];
    const child = spawn(command[0] ?? "", command.slice(1), { stdio: ["ignore", "ignore", "pipe"] });
    this.#child = child;
    let text = "";
    await new Promise<void>((resolve, reject) => {
      const late = setTimeout(() => reject(new Error(`miniupnpd does not begin: ${text}`)), 60_000);
      child.once("exit", () => reject(new Error(`miniupnpd ended: ${text}`)));
      child.stderr.on("data", (part: Buffer) => {
        text = (text + part.toString()).slice(-20_000);
        if (!this.#ready.test(text)) return;
        clearTimeout(late);
        resolve();
      });
    });
  }

  async kill(): Promise<void> {
    const child = this.#child;
    this.#child = null;
    if (child === null || child.exitCode !== null || child.signalCode !== null) return;
    child.kill("SIGKILL");
    await once(child, "exit");
  }
}
