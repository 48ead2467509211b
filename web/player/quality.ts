import type { PlaybackRequest } from "../../src/protocol/api.ts";

export type Quality = NonNullable<PlaybackRequest["quality"]>;

/** Best first. */
export const QUALITIES: readonly Quality[] = ["original", "medium", "low"];
