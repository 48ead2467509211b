import { createHash } from "node:crypto";
import { join } from "node:path";
import { Value } from "typebox/value";
import type { Clock } from "../kernel/clock.ts";
import type { Config } from "../kernel/config/index.ts";
import type { Component } from "../kernel/lifecycle.ts";
import type { Log } from "../kernel/log.ts";
import { SparingLog } from "../kernel/log-sparingly.ts";
import { createSafeFetch, type SafeFetch } from "../kernel/safe-fetch/index.ts";
import { Registration } from "../protocol/registration.ts";
import {
  AcmeAuthority,
  CertificateKeeper,
  CertificateWatch,
  certificateFiles,
  httpCertificateLog,
  type CertificateFiles,
  type DnsChallenges,
  type LogEntry,
} from "./certificates/index.ts";
import { CloudStun } from "./cloud-stun.ts";
import { allChallenges, cloudChallenges } from "./cloud-challenges.ts";
import { fileDoorMemory } from "./doors/door-memory.ts";
import type { OnlineSettings } from "./online.ts";
import { OwnZone } from "./own-zone.ts";
import type { Facts, Signer } from "./ports.ts";
import type { ProviderUpdates } from "./provider-updates.ts";
import { createDyndns2Client } from "./providers/dyndns2-client.ts";
import type { NameProvider } from "./providers/name-provider.ts";
import { ProviderSchedule } from "./providers/provider-schedule.ts";
import { createRfc2136Client } from "./providers/rfc2136-client.ts";
import { CloudClient } from "./registration/cloud-client.ts";
import { isOfBox } from "./registration/own-registration.ts";
import { Registrar } from "./registration/registrar.ts";
import { Sequence } from "./registration/sequence.ts";
import type { OnlineSecrets } from "./secrets.ts";
import { OnlineSession } from "./session.ts";
import { WayOut } from "./way-out.ts";

export interface SessionDeps {
  readonly config: Config["online"];
  readonly stateDir: string;
  readonly clock: Clock;
  readonly clockTrusted: () => boolean;
  readonly log: Log;
  readonly signer: Signer;
  readonly version: string;
  readonly httpsPort: () => number | null;
  readonly onForeignCertificate: (entry: Pick<LogEntry, "names" | "issuer">) => void;
  readonly facts: Facts;
  readonly secrets: OnlineSecrets;
  readonly random: () => number;
}

/** Where a box without https would be reached: at none. */
const NO_PORT = 0;

/** Makes what runs while the box is online with these settings; nothing of it is started. */
export function openSession(deps: SessionDeps, settings: OnlineSettings): OnlineSession {
  const { config, stateDir, clock, httpsPort } = deps;
  // What goes wrong goes wrong again and again: a few lines in a minute say it.
  const log = new SparingLog(deps.log, clock);
  const fetch = createSafeFetch({ clock });
  const stun = new CloudStun(config.stun, settings.cloud);
  const wayOut = new WayOut({
    clock,
    log,
    openPorts: settings.openPorts && httpsPort() !== null,
    port: settings.port,
    internalPort: httpsPort() ?? NO_PORT,
    memory: {
      ipv4: fileDoorMemory(join(stateDir, "online-door4.json")),
      ipv6: fileDoorMemory(join(stateDir, "online-door6.json")),
    },
    servers: () => stun.servers,
  });
  const cloud = settings.cloud === "" ? null : cloudOf(deps, new URL(settings.cloud).origin, wayOut, stun);
  const zone = ownZone(deps);
  const files = certificateFiles(stateDir);
  const places = [
    cloud === null ? [] : [cloudChallenges(cloud.client)],
    zone === null ? [] : [zone.challenges()],
  ];
  const keeper = keeperOf(deps, fetch, files, places.flat());
  const watch = keeper === null ? null : watchOf(deps, fetch, files, keeper, () => session.certifiedNames());
  const session: OnlineSession = new OnlineSession({
    cloud,
    wayOut,
    certificate: keeper,
    ownNames: config.rfc2136 === undefined ? [] : [config.rfc2136.name.toLowerCase()],
    providers: providersOf(deps, fetch, zone),
    others: watch === null ? [] : [watch],
    httpsPort,
    log: deps.log,
  });
  return session;
}

/** The box's side of the registration at one cloud. @param ca authorities that are trusted beside the system's, PEM */
export function cloudClientOf(
  { facts, signer, clock }: Pick<SessionDeps, "facts" | "signer" | "clock">,
  origin: string,
  ca: string | undefined,
): CloudClient {
  return new CloudClient({ origin, ca, signer, sequence: new Sequence(facts, origin), clock });
}

/** Name of the fact of what a cloud said last. */
export const registrationFact = (origin: string): string => `registration ${origin}`;

/** @param origin in small letters, as requests are signed for it */
function cloudOf(deps: SessionDeps, origin: string, wayOut: WayOut, stun: CloudStun) {
  const { facts, signer, clock, version, random, log, secrets } = deps;
  const client = cloudClientOf(deps, origin, secrets.authorities);
  const fact = registrationFact(origin);
  const registrar = new Registrar({
    client,
    remembered: readRegistration(facts.get(fact), signer.boxId),
    view: () => wayOut.view(),
    version,
    clock,
    log,
    random,
  });
  registrar.onChanged((state) => {
    if (state.kind !== "registered") return;
    // Only what a start without the cloud needs: written when names change, and not with each address.
    const { doors: _doors, observed: _observed, seq: _seq, ...names } = state.registration;
    const nowhere = { state: "none", address: null, port: null } as const;
    const kept = { ...names, observed: null, doors: { ipv4: nowhere, ipv6: nowhere }, seq: 0 };
    const text = JSON.stringify(kept);
    if (facts.get(fact) !== text) facts.set(fact, text);
    void stun.ask(client);
  });
  return { client, registrar };
}

function readRegistration(text: string | null, boxId: string): Registration | null {
  if (text === null) return null;
  try {
    const value: unknown = JSON.parse(text);
    return Value.Check(Registration, value) && isOfBox(value, boxId) ? value : null;
  } catch {
    return null; // the cloud says it again
  }
}

function keeperOf(
  { config, clock, clockTrusted, log, random, secrets, httpsPort }: SessionDeps,
  fetch: SafeFetch,
  files: CertificateFiles,
  places: readonly DnsChallenges[],
): CertificateKeeper | null {
  const { directory, contact, profile, accountId } = config.certificate;
  // Without https there is nobody to show it to: a proxy in front has its own.
  if (directory === "" || places.length === 0 || httpsPort() === null) return null;
  const authority = new AcmeAuthority(
    {
      directory: new URL(directory),
      ca: secrets.authorities,
      ...(contact !== "" && { contact: [`mailto:${contact}`] }),
      ...(profile !== "" && { profile }),
      ...(accountId !== "" &&
        secrets.accountKey !== null && { externalAccount: { kid: accountId, hmacKey: secrets.accountKey } }),
    },
    { fetch, clock, files },
  );
  return new CertificateKeeper({
    authority,
    challenges: allChallenges(places),
    files,
    clock,
    log: new SparingLog(log, clock),
    random,
    clockTrusted,
  });
}

function watchOf(
  { config, clock, log, random, onForeignCertificate }: SessionDeps,
  fetch: SafeFetch,
  files: CertificateFiles,
  keeper: CertificateKeeper,
  names: () => readonly string[],
): Component | null {
  const { log: feed } = config.certificate;
  if (feed === "") return null;
  const watch = new CertificateWatch({
    feed: httpCertificateLog({ fetch, url: new URL(feed) }),
    files,
    clock,
    log: new SparingLog(log, clock),
    random,
    names,
    ownKeys: () => keeper.ownKeys(),
  });
  watch.onForeign(onForeignCertificate);
  return watch;
}

function ownZone({ config: { rfc2136 }, secrets: { tsigSecret }, clock }: SessionDeps): OwnZone | null {
  if (rfc2136 === undefined) return null;
  const { server, port, zone, name, keyName, algorithm } = rfc2136;
  const key = { name: keyName, algorithm, secret: tsigSecret ?? new Uint8Array() };
  return new OwnZone({ host: server, port, zone, name, key, clock });
}

function providersOf(deps: SessionDeps, fetch: SafeFetch, zone: OwnZone | null): ProviderUpdates[] {
  const { config, secrets, version } = deps;
  const found: ProviderUpdates[] = [];
  const { dyndns2, rfc2136 } = config;
  if (dyndns2 !== undefined) {
    const { server, hosts, user } = dyndns2;
    const target = { url: server, user, password: secrets.dyndnsPassword ?? "", hostnames: hosts };
    const client = createDyndns2Client(target, { fetch, version });
    found.push(updates(deps, "dyndns2", hosts[0] ?? "", client, target, () => undefined));
  }
  if (rfc2136 !== undefined && zone !== null) {
    const client = createRfc2136Client(
      { zone: rfc2136.zone, hostnames: [rfc2136.name], ttl: rfc2136.ttl },
      zone,
    );
    const target = { ...rfc2136, secret: secrets.tsigSecret };
    found.push(updates(deps, "rfc2136", rfc2136.name, client, target, () => zone.close()));
  }
  return found;
}

/** @param target with another one, what was sent or refused before counts no more; it may hold secrets, of which a hash is kept */
function updates(
  { clock, log, stateDir, random }: SessionDeps,
  kind: ProviderUpdates["kind"],
  name: string,
  provider: NameProvider,
  target: object,
  close: () => void,
): ProviderUpdates {
  const configuration = createHash("sha256").update(JSON.stringify(target)).digest("hex");
  const path = join(stateDir, `online-${kind}.json`);
  const schedule = new ProviderSchedule({
    provider,
    clock,
    log: new SparingLog(log, clock),
    path,
    configuration,
    random,
  });
  return { name, kind, schedule, close };
}
