import type { Command } from "../command.ts";
import { audit } from "./audit.ts";
import { checkImage } from "./check-image.ts";
import { channels } from "./channels.ts";
import { channelsSet } from "./channels-set.ts";
import { clientsList, clientsRename, clientsRevoke, clientsRole } from "./clients.ts";
import { checkConfig, run } from "./daemon.ts";
import { clientsLimit } from "./clients-limit.ts";
import { doctor } from "./doctor.ts";
import { healthcheck } from "./healthcheck.ts";
import { mockClear, mockFault, mockOnAir } from "./mock.ts";
import {
  onlineAlias,
  onlineDisable,
  onlineEnable,
  onlineHostAdd,
  onlineHostRemove,
  onlineStatus,
  onlineTest,
} from "./online.ts";
import { pair } from "./pair.ts";
import { provision } from "./provision.ts";
import { ownerRecover, recoveryCodes } from "./recovery.ts";
import { pinClear, pinSet } from "./pin.ts";
import { releaseInstall, releaseList, releaseRemove, releaseRollback, releaseUse } from "./release.ts";
import { remoteChannels, remoteGuide } from "./remote-lists.ts";
import { remoteHandOff, remotePair, remoteUnpair } from "./remote-pair.ts";
import { remotePlay } from "./remote-play.ts";
import { reset } from "./reset.ts";
import { scan } from "./scan.ts";
import { tuners } from "./tuners.ts";
import { tv } from "./tv.ts";

/** Every command, in the order of the help. */
export const COMMANDS: readonly Command[] = [
  run,
  pair,
  tv,
  clientsList,
  clientsRename,
  clientsRole,
  clientsLimit,
  clientsRevoke,
  audit,
  recoveryCodes,
  ownerRecover,
  reset,
  pinSet,
  pinClear,
  scan,
  channels,
  channelsSet,
  tuners,
  onlineStatus,
  onlineEnable,
  onlineDisable,
  onlineTest,
  onlineAlias,
  onlineHostAdd,
  onlineHostRemove,
  checkConfig,
  provision,
  checkImage,
  doctor,
  healthcheck,
  releaseInstall,
  releaseList,
  releaseUse,
  releaseRollback,
  releaseRemove,
  remotePair,
  remoteChannels,
  remoteGuide,
  remotePlay,
  remoteHandOff,
  remoteUnpair,
  mockFault,
  mockClear,
  mockOnAir,
];
