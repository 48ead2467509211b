import type { Command } from "../command.ts";
import { boxesBlock, boxesList, boxesShow, boxesUnblock } from "./boxes.ts";
import { checkConfig, run } from "./daemon.ts";
import { zoneCheck, zoneShow } from "./zone.ts";

/** Every command of `tellyport-cloud`, in the order of the help. */
export const CLOUD_COMMANDS: readonly Command[] = [
  run,
  boxesList,
  boxesShow,
  boxesBlock,
  boxesUnblock,
  zoneShow,
  zoneCheck,
  checkConfig,
];
