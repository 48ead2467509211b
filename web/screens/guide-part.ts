import { chunk, styleOf } from "./chunk.ts";

/** Guide, search, and the pages about programmes come when somebody opens one, or is reminded. */
export const guide = chunk(async () => {
  const [part] = await Promise.all([import("./guide/index.tsx"), styleOf("guide")]);
  return part;
});
