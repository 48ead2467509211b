import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { TsigKey } from "../../src/protocol/dns/tsig.ts";
import { eventually } from "./daemon.ts";
import { dig } from "./dig.ts";
import { freePort } from "./free-port.ts";
import { temporaryFolder, type Teardown } from "./temporary.ts";

/** A name server of somebody else's, that serves one zone and takes signed updates of it. */
export interface ForeignNameServer {
  readonly address: string;
  readonly port: number;
  readonly pid: number;
  /** What it wrote. */
  output(): string;
  /** SIGKILL. */
  kill(): Promise<void>;
  /** Again, on the same address and port, with what it had. */
  restart(): Promise<void>;
}

export interface NameServerPlace {
  /** Default 127.0.0.1. */
  readonly address?: string;
  /** Default: one that is free; within a namespace it has to be named. */
  readonly port?: number;
  /** To put before the command, e.g. a network namespace's. */
  readonly wrapper?: readonly string[];
}

/** Whose updates it takes; null: nobody's. */
type Key = TsigKey | null;

const SOA = (zone: string): string => `ns1.${zone}. hostmaster.${zone}. 1 3600 600 1209600 60`;

/** ISC BIND. `threads`: workers, default its own choice; `records`: further lines of its zone file. */
export async function startBind(
  t: Teardown,
  zone: string,
  key: Key,
  place: NameServerPlace & { readonly threads?: number; readonly records?: string } = {},
): Promise<ForeignNameServer> {
  const folder = await temporaryFolder(t);
  const at = await placeOf(place);
  await zoneFile(join(folder, "zone"), zone, at.address, place.records);
  await writeFile(
    join(folder, "named.conf"),
    `options {
  directory "${folder}"; pid-file none; session-keyfile none; managed-keys-directory "${folder}";
  listen-on port ${at.port} { ${at.address.includes(":") ? "none" : at.address}; };
  listen-on-v6 port ${at.port} { ${at.address.includes(":") ? at.address : "none"}; };
  recursion no; dnssec-validation no; notify no; minimal-responses yes; allow-query { any; };
};
controls { };
${key === null ? "" : `key "${key.name}" { algorithm ${key.algorithm}; secret "${secretOf(key)}"; };`}
zone "${zone}" {
  type primary; file "zone";
  ${key === null ? "" : `update-policy { deny ${key.name} name ns1.${zone}; grant ${key.name} zonesub A AAAA CNAME TXT CAA; };`}
};
`,
  );
  const threads = place.threads === undefined ? [] : ["-n", String(place.threads)];
  const command = ["named", "-g", "-c", join(folder, "named.conf"), ...threads];
  return serve(t, command, at, zone);
}

/** CZ.NIC Knot. */
export async function startKnot(
  t: Teardown,
  zone: string,
  key: Key,
  place: NameServerPlace = {},
): Promise<ForeignNameServer> {
  const folder = await temporaryFolder(t);
  const at = await placeOf(place);
  await zoneFile(join(folder, "zone"), zone, at.address);
  const updates = `key:
  - id: ${key?.name}
    algorithm: ${key?.algorithm}
    secret: ${key === null ? "" : secretOf(key)}
acl:
  - id: updates
    key: ${key?.name}
    action: update
    update-type: [A, AAAA, CNAME, TXT, CAA]
`;
  await writeFile(
    join(folder, "knot.conf"),
    `server:
    rundir: "${folder}"
    listen: ${at.address}@${at.port}
    udp-workers: 1
    tcp-workers: 1
    background-workers: 1
log:
  - target: stderr
    any: info
database:
    storage: "${folder}"
${key === null ? "" : updates}template:
  - id: default
    storage: "${folder}"
    zonefile-sync: -1
    zonefile-load: difference
    journal-content: all
zone:
  - domain: ${zone}
    file: zone
${key === null ? "" : "    acl: updates\n"}`,
  );
  return serve(t, ["knotd", "-c", join(folder, "knot.conf")], at, zone);
}

/** PowerDNS with its HTTP API. */
export interface PowerDns extends ForeignNameServer {
  /** Origin of the API. */
  readonly api: string;
  readonly apiKey: string;
}

/** PowerDNS Authoritative with SQLite. @param place its API has the port after it, or any that is free */
export async function startPowerDns(
  t: Teardown,
  zone: string,
  key: Key,
  place: NameServerPlace & { readonly apiPort?: number } = {},
): Promise<PowerDns> {
  const folder = await temporaryFolder(t);
  const at = await placeOf(place);
  const apiPort = place.apiPort ?? (place.port === undefined ? await freePort(at.address) : place.port + 1);
  const apiKey = "test-key-of-the-api";
  const database = join(folder, "pdns.db");
  execFileSync("sqlite3", [database], { input: `PRAGMA journal_mode=WAL;\n${SCHEMA}` });
  await mkdir(join(folder, "run"));
  await writeFile(
    join(folder, "pdns.conf"),
    `launch=gsqlite3
gsqlite3-database=${database}
socket-dir=${join(folder, "run")}
local-address=${at.address}
local-port=${at.port}
dnsupdate=yes
allow-dnsupdate-from=0.0.0.0/0,::/0
api=yes
api-key=${apiKey}
webserver=yes
webserver-address=${at.address}
webserver-port=${apiPort}
webserver-allow-from=0.0.0.0/0,::/0
webserver-loglevel=none
daemon=no
guardian=no
default-soa-content=${SOA(zone)}
`,
  );
  const pdnsutil = (...args: string[]): unknown =>
    execFileSync("pdnsutil", [`--config-dir=${folder}`, ...args], { stdio: ["ignore", "ignore", "pipe"] });
  pdnsutil("create-zone", zone, `ns1.${zone}`);
  pdnsutil("add-record", zone, "ns1", "A", at.address.includes(":") ? "127.0.0.1" : at.address);
  pdnsutil("set-meta", zone, "SOA-EDIT-DNSUPDATE", "INCREASE");
  pdnsutil("set-meta", zone, "SOA-EDIT-API", "INCREASE");
  if (key !== null) {
    pdnsutil("import-tsig-key", key.name, key.algorithm, secretOf(key));
    pdnsutil("set-meta", zone, "TSIG-ALLOW-DNSUPDATE", key.name);
  }
  const server = await serve(t, ["pdns_server", `--config-dir=${folder}`], at, zone);
  return {
    ...server,
    get pid() {
      return server.pid;
    },
    api: `http://${hostOf(at.address)}:${apiPort}`,
    apiKey,
  };
}

const hostOf = (address: string): string => (address.includes(":") ? `[${address}]` : address);

interface Place {
  readonly address: string;
  readonly port: number;
  readonly wrapper: readonly string[];
}

async function placeOf({ address = "127.0.0.1", port, wrapper = [] }: NameServerPlace): Promise<Place> {
  return { address, port: port ?? (await freePort(address)), wrapper };
}

const secretOf = ({ secret }: TsigKey): string => Buffer.from(secret).toString("base64");

async function zoneFile(path: string, zone: string, address: string, records = ""): Promise<void> {
  const type = address.includes(":") ? "AAAA" : "A";
  await writeFile(
    path,
    `$ORIGIN ${zone}.\n$TTL 3600\n@ SOA ${SOA(zone)}\n@ NS ns1.${zone}.\nns1 ${type} ${address}\n${records}`,
  );
}

/** Starts it, and waits until it answers for its zone. */
async function serve(
  t: Teardown,
  command: readonly string[],
  { address, port, wrapper }: Place,
  zone: string,
): Promise<ForeignNameServer> {
  let text = "";
  let child: ChildProcess | null = null;
  const running = (): boolean => child !== null && child.exitCode === null && child.signalCode === null;
  const kill = async (): Promise<void> => {
    if (!running() || child === null) return;
    const exit = once(child, "exit");
    child.kill("SIGKILL");
    await exit;
  };
  const start = async (): Promise<void> => {
    const [program = "", ...args] = [...wrapper, ...command];
    child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"] });
    for (const stream of [child.stdout, child.stderr])
      stream?.on("data", (chunk: Buffer) => (text += chunk.toString()));
    child.on("error", (error) => (text += String(error)));
    await eventually(`${command[0]} answers`, async () => {
      if (!running()) throw new Error(`${command[0]} ended: ${text.slice(-3000)}`);
      const { status } = await dig({ address, port, name: zone, type: "SOA", wrapper, options: ["+time=1"] });
      return status === "NOERROR";
    });
  };
  t.teardown(kill);
  await start();
  return {
    address,
    port,
    get pid() {
      return child?.pid ?? 0;
    },
    output: () => text,
    kill,
    restart: async () => {
      await kill();
      await start();
    },
  };
}

/** @see https://doc.powerdns.com/authoritative/backends/generic-sqlite3.html */
const SCHEMA = `
PRAGMA foreign_keys = 1;
CREATE TABLE domains (id INTEGER PRIMARY KEY, name VARCHAR(255) NOT NULL COLLATE NOCASE, master VARCHAR(128) DEFAULT NULL,
  last_check INTEGER DEFAULT NULL, type VARCHAR(8) NOT NULL, notified_serial INTEGER DEFAULT NULL,
  account VARCHAR(40) DEFAULT NULL, options VARCHAR(65535) DEFAULT NULL, catalog VARCHAR(255) DEFAULT NULL);
CREATE UNIQUE INDEX name_index ON domains(name);
CREATE INDEX catalog_idx ON domains(catalog);
CREATE TABLE records (id INTEGER PRIMARY KEY, domain_id INTEGER DEFAULT NULL, name VARCHAR(255) DEFAULT NULL,
  type VARCHAR(10) DEFAULT NULL, content VARCHAR(65535) DEFAULT NULL, ttl INTEGER DEFAULT NULL, prio INTEGER DEFAULT NULL,
  disabled BOOLEAN DEFAULT 0, ordername VARCHAR(255), auth BOOL DEFAULT 1,
  FOREIGN KEY(domain_id) REFERENCES domains(id) ON DELETE CASCADE ON UPDATE CASCADE);
CREATE INDEX records_lookup_idx ON records(name, type);
CREATE INDEX records_lookup_id_idx ON records(domain_id, name, type);
CREATE INDEX records_order_idx ON records(domain_id, ordername);
CREATE TABLE supermasters (ip VARCHAR(64) NOT NULL, nameserver VARCHAR(255) NOT NULL COLLATE NOCASE, account VARCHAR(40) NOT NULL);
CREATE TABLE comments (id INTEGER PRIMARY KEY, domain_id INTEGER NOT NULL, name VARCHAR(255) NOT NULL, type VARCHAR(10) NOT NULL,
  modified_at INT NOT NULL, account VARCHAR(40) DEFAULT NULL, comment VARCHAR(65535) NOT NULL,
  FOREIGN KEY(domain_id) REFERENCES domains(id) ON DELETE CASCADE ON UPDATE CASCADE);
CREATE TABLE domainmetadata (id INTEGER PRIMARY KEY, domain_id INT NOT NULL, kind VARCHAR(32) COLLATE NOCASE, content TEXT,
  FOREIGN KEY(domain_id) REFERENCES domains(id) ON DELETE CASCADE ON UPDATE CASCADE);
CREATE INDEX domainmetaidindex ON domainmetadata(domain_id);
CREATE TABLE cryptokeys (id INTEGER PRIMARY KEY, domain_id INT NOT NULL, flags INT NOT NULL, active BOOL, published BOOL DEFAULT 1, content TEXT,
  FOREIGN KEY(domain_id) REFERENCES domains(id) ON DELETE CASCADE ON UPDATE CASCADE);
CREATE INDEX domainidindex ON cryptokeys(domain_id);
CREATE TABLE tsigkeys (id INTEGER PRIMARY KEY, name VARCHAR(255) COLLATE NOCASE, algorithm VARCHAR(50) COLLATE NOCASE, secret VARCHAR(255));
CREATE UNIQUE INDEX namealgoindex ON tsigkeys(name, algorithm);
`;
