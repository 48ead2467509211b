import { BoxConnection } from "./api/connection.ts";
import { createDeviceStore } from "./api/device-store.ts";
import { sayLast } from "./api/say-last.ts";

/** What this browser keeps of the boxes that it is paired with. */
export const store = createDeviceStore();

/** To the box that this page came from. */
export const connection = new BoxConnection({
  origin: location.origin,
  fetch: (url, init) => fetch(url, { ...init, cache: "no-store" }),
  sayLast,
  store,
  now: () => Date.now(),
  monotonic: () => performance.now(),
});
