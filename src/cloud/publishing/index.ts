export type { Publishing, PublishingCounters, PublishingDeps } from "./ports.ts";
export { OutboxPublisher, type OutboxOptions } from "./outbox-publisher.ts";
export { ZoneFollower } from "./zone-follower.ts";
export { differences, type Difference } from "./compare.ts";
