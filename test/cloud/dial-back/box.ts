import { createPublicKey, generateKeyPairSync, randomBytes, sign } from "node:crypto";
import type { RequestListener } from "node:http";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { pino } from "pino";
import { loadCertificate } from "../../../src/access-control/certificate.ts";
import { createDialBack, type DialBackLimits } from "../../../src/cloud/dial-back/dial-back.ts";
import { PublicAddresses } from "../../../src/cloud/public-address.ts";
import { dialBackRoute } from "../../../src/ddns-client/dial-back-route.ts";
import { buildApp, createListeners } from "../../../src/http-server/index.ts";
import { systemClock } from "../../../src/kernel/clock.ts";
import { TellyportError } from "../../../src/kernel/errors.ts";
import { temporaryFolder, type Teardown } from "../../helpers/temporary.ts";

const log = pino({ level: "silent" });

/** A box's identity, without a box. */
export function makeIdentity(boxId = "abcdefghijklmnop") {
  const { privateKey } = generateKeyPairSync("ed25519");
  const { x = "" } = createPublicKey(privateKey).export({ format: "jwk" });
  return {
    boxId,
    publicKey: new Uint8Array(Buffer.from(x, "base64url")),
    sign: (data: Uint8Array) => sign(null, data, privateKey),
  };
}
export type Identity = ReturnType<typeof makeIdentity>;

export async function certificate(t: Teardown) {
  const names = { names: ["box.test"], addresses: ["127.0.0.1"] };
  return loadCertificate(await temporaryFolder(t), names, systemClock, randomBytes);
}

/** The box's side within the real application, on a free https port of loopback. @param isOurs default: that port there */
export async function servedBox(
  t: Teardown,
  identity: Identity,
  isOurs?: (address: string, port: number) => boolean,
): Promise<number> {
  const { key, cert } = await certificate(t);
  let https = 0;
  const app = await buildApp({
    log,
    version: "0",
    hostNames: new Set(),
    plugins: [
      dialBackRoute({
        ...identity,
        isOurs: isOurs ?? ((address, port) => address === "127.0.0.1" && port === https),
      }),
    ],
    authenticator: {
      authenticate: async () => {
        throw new TellyportError("access-token-missing", "Nobody is known here.");
      },
    },
  });
  const listeners = createListeners({
    app,
    hostNames: new Set(),
    log,
    address: "127.0.0.1",
    port: 0,
    https: { port: 0, key, cert },
    socketPath: join(await temporaryFolder(t), "control.sock"),
  });
  await listeners.start?.(new AbortController().signal);
  t.teardown(() => listeners.stop?.());
  https = listeners.ports.https ?? 0;
  return https;
}

/** Somebody who answers https in his own way. */
export async function servedStranger(
  t: Teardown,
  listener: RequestListener,
  address = "127.0.0.1",
): Promise<number> {
  const { key, cert } = await certificate(t);
  const server = createServer({ key, cert }, listener);
  await new Promise<void>((resolve) => server.listen(0, address, resolve));
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

/** A cloud's side that may connect to loopback. */
export function labDialBack(limits: Partial<DialBackLimits> = {}) {
  const addresses = new PublicAddresses(["127.0.0.0/8", "::1/128"]);
  return createDialBack({ clock: systemClock, log, addresses, near: true, limits });
}
