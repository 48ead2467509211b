import { join } from "node:path";
import t from "tap";
import { pinhole } from "../ddns-client/doors/pinhole.ts";
import { routerLife } from "../ddns-client/doors/router-life.ts";

/** Routers that speak NAT-PMP or UPnP alone: what they forget is noticed by asking them once in a minute. */
const BUILT = join(import.meta.dirname, "../ddns-client/doors");

t.jobs = 4;
routerLife(t, "nat-pmp", BUILT);
routerLife(t, "igd", BUILT);
pinhole(t, "igd", BUILT);
