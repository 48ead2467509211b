/** What an owner sees of the machine, and the restart of the daemon. */
export { systemRoutes, type SystemPorts } from "./routes.ts";
