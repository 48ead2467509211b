import type { PlaybackRequest } from "../../src/protocol/api.ts";

export type Quality = NonNullable<PlaybackRequest["quality"]>;

/** What a viewer chooses: a fixed one, or what the link holds. */
export type QualityWish = Quality | "auto";

/** Best first. */
export const QUALITIES: readonly Quality[] = ["original", "medium", "low"];
