import { networkInterfaces } from "node:os";
import {
  HOME,
  homeNetwork,
  isHomePort,
  judgeAddress,
  namedReach,
  refused,
  type NameIt,
  type Reach,
} from "../../../kernel/safe-fetch/index.ts";
import type { SsdpAnswer } from "../../../kernel/ssdp-search.ts";
import { RTSP_PORT } from "./capabilities.ts";
import { rtspUrl } from "./rtsp-connection.ts";

const NAME_SERVER: NameIt = ({ hostname }) => `${hostname} as a host under tuners.satip.servers`;

/** Whether RTSP may be spoken at a port that a server named. */
export function isRtspPort(port: number): boolean {
  return port === RTSP_PORT || isHomePort(port);
}

/**
 * Why a server that answered a search is not asked.
 * @param asked the address that was searched alone, if any: the installer named it
 * @returns a sentence; null when it may be asked
 */
export function refusalOf({ address }: SsdpAnswer, asked: string | undefined): string | null {
  const judged = {
    address,
    port: RTSP_PORT,
    named: address === asked,
    scope: "home",
    isPort: isRtspPort,
  } as const;
  const why = judgeAddress(judged, homeNetwork(networkInterfaces()));
  return why === null
    ? null
    : refused(why, new URL(rtspUrl({ host: address, port: RTSP_PORT })), NAME_SERVER).message;
}

/** How far the word of a server goes that answered a search. */
export function reachOf({ address }: SsdpAnswer, location: URL, asked: string | undefined): Reach {
  return address === asked ? namedReach(location) : HOME;
}
