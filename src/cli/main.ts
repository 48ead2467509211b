#!/usr/bin/env node
import { main } from "./command-line.ts";
import { runProcess } from "./process.ts";

await runProcess(main);
