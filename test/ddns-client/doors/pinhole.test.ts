import t from "tap";
import { pinhole } from "./pinhole.ts";

// By UPnP it takes more than a minute: test/long/routers.test.ts.
pinhole(t, "pcp", import.meta.dirname);
