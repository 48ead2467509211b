/** What an owner sees of the machine, and the restart of the daemon. */
export { StateWatch } from "./state-watch.ts";
export { systemRoutes, type SystemPorts } from "./routes.ts";
