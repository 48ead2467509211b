import { chunk } from "./chunk.ts";

/** Guide, search, and the pages about programmes come when somebody opens one, or is reminded. */
export const guide = chunk(() => import("./guide/index.tsx"));
