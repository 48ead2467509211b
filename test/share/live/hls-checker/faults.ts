import { PLAYLIST_FAULTS } from "./faults-playlist.ts";
import { MEDIA_FAULTS } from "./faults-media.ts";
import { LOW_LATENCY_FAULTS } from "./faults-low-latency.ts";
import { DELIVERY_FAULTS } from "./faults-delivery.ts";
import { TS_FAULTS } from "./faults-ts.ts";
import type { Fault } from "./fault.ts";

/** Every fault that is planted in the live stream. */
export const FAULTS: readonly Fault[] = [
  ...PLAYLIST_FAULTS,
  ...MEDIA_FAULTS,
  ...LOW_LATENCY_FAULTS,
  ...DELIVERY_FAULTS,
  ...TS_FAULTS,
];
