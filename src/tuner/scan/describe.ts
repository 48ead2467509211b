import type { ScanDiff, ScannedService } from "../../protocol/api.ts";
import type { Delivery, Service } from "../ports.ts";
import { describePlace } from "../place.ts";
import type { LineUpDiff } from "./apply.ts";

/** Hz; kHz of a satellite; null where nothing is tuned. */
export function frequencyOf(delivery: Delivery): number | null {
  if ("frequencyHz" in delivery) return Math.round(delivery.frequencyHz);
  return "frequencyKHz" in delivery ? Math.round(delivery.frequencyKHz) : null;
}

/** A service as the API tells it. */
export function describeService(service: Service): ScannedService {
  const { key, multiplex } = service;
  return {
    name: service.name,
    provider: service.provider,
    kind: service.kind,
    lcn: service.lcn,
    scrambled: service.scrambled,
    visible: service.visible,
    onAir: service.onAir,
    originalNetworkId: key.originalNetworkId,
    transportStreamId: key.transportStreamId,
    serviceId: key.serviceId,
    multiplex: multiplex.id,
    place: describePlace(multiplex),
    system: multiplex.delivery.system,
    frequency: frequencyOf(multiplex.delivery),
  };
}

export function describeDiff(diff: LineUpDiff): ScanDiff {
  return {
    added: diff.added.map(describeService),
    changed: diff.changed.map(({ service, what }) => ({
      service: describeService(service),
      what: [...what],
    })),
    gone: diff.gone.map(describeService),
    unchanged: diff.unchanged,
  };
}
