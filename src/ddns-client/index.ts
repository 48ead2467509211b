import type { FastifyPluginAsync } from "fastify";
import type { Clock } from "../kernel/clock.ts";
import type { Config } from "../kernel/config/index.ts";
import { changeOwnerSettings } from "../kernel/config/owner-settings.ts";
import { TellyportError } from "../kernel/errors.ts";
import type { Log } from "../kernel/log.ts";
import type { Database } from "../kernel/store/database.ts";
import { CERTIFICATE_STATE, OwnCertificate } from "./certificates/index.ts";
import { dialBackRoute } from "./dial-back-route.ts";
import { createFacts } from "./facts.ts";
import { Online } from "./online.ts";
import type { Served } from "./online-state.ts";
import { openSession } from "./open-session.ts";
import type { Signer } from "./ports.ts";
import { onlineRoutes } from "./routes.ts";
import { readSecrets } from "./secrets.ts";
import { leaveCloud } from "./withdrawal.ts";

export type { Online, OwnCertificate };
export type { Signer };
export { leaveCloud };

/** Files of the state directory that are this box's alone: a reset takes them. */
export const ONLINE_FILES = [
  ...CERTIFICATE_STATE,
  "online-door4.json",
  "online-door6.json",
  "online-dyndns2.json",
  "online-rfc2136.json",
] as const;

export interface OnlineModuleDeps {
  readonly config: Config["online"];
  readonly stateDir: string;
  readonly database: Database;
  readonly clock: Clock;
  /** Whether what the clock says is believed: certificates are judged by it. */
  readonly clockTrusted: () => boolean;
  readonly log: Log;
  readonly signer: Signer;
  readonly version: string;
  /** Of the https listener; null: there is none. */
  readonly httpsPort: () => number | null;
  /** What the listener shows to who asks by name. */
  readonly served: Served;
  /** Somebody else has a certificate for the box's name. */
  readonly onForeignCertificate: (entry: {
    readonly names: readonly string[];
    readonly issuer: string;
  }) => void;
  /** An owner changed something. */
  readonly noted: Parameters<typeof onlineRoutes>[1];
}

export interface OnlineModule {
  readonly online: Online;
  readonly routes: readonly FastifyPluginAsync[];
}

/**
 * How the box is found from anywhere: registration, external address and doors, certificates, names elsewhere.
 * @throws TellyportError `config-unreadable`, `store-too-new`
 */
export async function createOnline(deps: OnlineModuleDeps): Promise<OnlineModule> {
  const { config, stateDir, database, clock, signer } = deps;
  const log = deps.log.child({ module: "ddns-client" });
  const facts = createFacts(database);
  const secrets = await readSecrets(config);
  const online = new Online({
    settings: config,
    save: (change) => changeOwnerSettings(stateDir, { online: change }),
    open: (settings) => openSession({ ...deps, log, facts, secrets, random: Math.random }, settings),
    served: deps.served,
    clock,
    log,
  });
  return {
    online,
    routes: [
      onlineRoutes(online, deps.noted),
      dialBackRoute({
        boxId: signer.boxId,
        sign: (data) => signer.sign(data),
        isOurs: (address, port) => online.isOurs(address, port),
        clock,
      }),
    ],
  };
}

type CertificatePair = Pick<Config["http"]["https"], "certificateFile" | "keyFile">;

/** The certificate that the owner brought; null: none is named. @throws TellyportError `config-invalid` */
export function ownCertificateOf(
  files: CertificatePair,
  { clock, log }: { readonly clock: Clock; readonly log: Log },
): OwnCertificate | null {
  if (!isNamed(files)) return null;
  const { certificateFile, keyFile } = files;
  return new OwnCertificate({
    certificateFile,
    keyFile,
    clock,
    log: log.child({ module: "own-certificate" }),
  });
}

function isNamed({ certificateFile, keyFile }: CertificatePair): boolean {
  if ((certificateFile === "") !== (keyFile === ""))
    throw new TellyportError(
      "config-invalid",
      "http.https.certificateFile and http.https.keyFile belong together: name both, or neither.",
    );
  return keyFile !== "";
}

/** What a start would refuse of a configuration, found without one. @throws TellyportError `config-invalid`, `config-unreadable` */
export async function checkOnline({ online, http }: Config): Promise<void> {
  isNamed(http.https);
  await readSecrets(online);
}
