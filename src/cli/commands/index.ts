import type { Command } from "../command.ts";
import { channels } from "./channels.ts";
import { clientsList, clientsRename, clientsRevoke } from "./clients.ts";
import { checkConfig, run } from "./daemon.ts";
import { mockClear, mockFault, mockOnAir } from "./mock.ts";
import { pair } from "./pair.ts";
import { remoteChannels, remoteGuide } from "./remote-lists.ts";
import { remotePair, remoteUnpair } from "./remote-pair.ts";
import { remotePlay } from "./remote-play.ts";
import { tuners } from "./tuners.ts";

/** Every command, in the order of the help. */
export const COMMANDS: readonly Command[] = [
  run,
  pair,
  clientsList,
  clientsRename,
  clientsRevoke,
  channels,
  tuners,
  checkConfig,
  remotePair,
  remoteChannels,
  remoteGuide,
  remotePlay,
  remoteUnpair,
  mockFault,
  mockClear,
  mockOnAir,
];
