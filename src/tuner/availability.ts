import type { Decision } from "./arbiter.ts";
import { isNoticed } from "./granting.ts";
import type { LineUp } from "./line-up.ts";
import type { MuxSession } from "./mux-session.ts";
import {
  serviceKeyText,
  type Multiplex,
  type Service,
  type ServiceAvailability,
  type WeightClass,
} from "./ports.ts";
import type { TunerRack } from "./tuner-rack.ts";
import { isGone } from "./tuner-slot.ts";

/** What answers are made of. */
export interface Known {
  readonly lineUp: LineUp;
  readonly rack: TunerRack;
}

/**
 * Whether a request of this weight would be served now, and how.
 * @param leaving services of each of which one consumer of this weight counts as gone
 */
export function availabilityOf(
  multiplex: Multiplex,
  weight: WeightClass,
  { lineUp, rack }: Known,
  leaving: readonly Service[] = [],
): ServiceAvailability {
  if (!lineUp.hasSignal(multiplex.id)) return "no-signal";
  const decision = decideWithoutGone(multiplex, weight, rack, leaving);
  switch (decision.kind) {
    case "share":
      return "shares-tuner";
    case "idle":
      return "free";
    case "displace":
      return isNoticed(decision.weight) ? "would-displace" : "free";
    case "refuse":
      return decision.reason === "busy" || decision.reason === "limit" ? "busy" : "no-signal";
  }
}

/** A tuner whose device is gone is tried for who asks, and promised to nobody. */
function decideWithoutGone(
  multiplex: Multiplex,
  weight: WeightClass,
  rack: TunerRack,
  leaving: readonly Service[],
): Decision {
  const without = new Set(rack.slots.filter(isGone).map(({ driver }) => driver.id));
  if (without.size === 0) return rack.decide(multiplex, weight, { leaving });
  const decision = rack.decide(multiplex, weight, { leaving, without });
  if (decision.kind !== "share" || !without.has(decision.tuner)) return decision;
  const { session } = rack.slot(decision.tuner);
  return rack.decide(multiplex, weight, {
    leaving,
    without,
    ...(session !== null && { ignoring: session }),
  });
}

/** Services on air that somebody of this weight could have at once, and nobody would notice; by key text. */
export function watchable(weight: WeightClass, known: Known): string[] {
  const asked = new Map<Multiplex, boolean>();
  return known.lineUp
    .services()
    .filter(({ multiplex, onAir }) => {
      if (!onAir) return false;
      let free = asked.get(multiplex);
      if (free === undefined) {
        const availability = availabilityOf(multiplex, weight, known);
        free = availability === "shares-tuner" || availability === "free";
        asked.set(multiplex, free);
      }
      return free;
    })
    .map((service) => serviceKeyText(service.key));
}

/** Whether another tuner could serve a session's consumers at once, and nobody would notice. */
export function mayMove(session: MuxSession, { lineUp, rack }: Known): boolean {
  const [feed] = session.feeds;
  if (feed === undefined || !lineUp.has(session.multiplex)) return false;
  const without = new Set([session.driver.id]);
  const decision = rack.decide(session.multiplex, feed.request.weight, { without, ignoring: session });
  if (decision.kind === "displace") return !isNoticed(decision.weight);
  return decision.kind === "idle" && rack.slot(decision.tuner).failures === 0;
}
