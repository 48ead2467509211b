/** What an owner sees of the machine, the restart of the daemon, and the trial of its release. */
export { ReleaseTrial } from "./release-trial.ts";
export { StateWatch } from "./state-watch.ts";
export { systemRoutes, type SystemPorts } from "./routes.ts";
