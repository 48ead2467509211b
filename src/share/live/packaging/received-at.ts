import type { Clock } from "../../../kernel/clock.ts";
import { ms, type Milliseconds } from "../../../kernel/units.ts";
import type { AccessUnit } from "../media-source.ts";

/** Wall clock when a unit came in, epoch ms. */
export function receivedAt({ arrivedAt }: AccessUnit, clock: Clock): Milliseconds {
  return ms(clock.now() - (arrivedAt === undefined ? 0 : clock.monotonic() - arrivedAt));
}
