#!/usr/bin/env node
import { runCommandLine } from "../command-line.ts";
import { runProcess } from "../process.ts";
import { CLOUD_COMMANDS } from "./commands.ts";

const CLOUD = {
  name: "tellyport-cloud",
  intro: "The cloud side of Tellyport: boxes register their names and addresses, and are found by them.",
};

await runProcess((argv, io) => runCommandLine(argv, io, CLOUD, CLOUD_COMMANDS));
