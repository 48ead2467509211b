import type { AuditEvent } from "../../src/protocol/audit-events.ts";
import type { FakeBox } from "./fake-box.ts";

const MINUTE = 60_000;
const NAMES = [
  "Kitchen tablet",
  "奶奶的手机",
  "A Very Long Name For A Television In The Guest Room Upstairs On The Left",
  "Max",
  "Anna’s laptop",
];

/** So many more devices, of all roles and kinds, seen at all kinds of times. */
export function addDevices(box: FakeBox, count: number): void {
  const roles = ["viewer", "kid", "guest", "owner"] as const;
  const kinds = ["key", "lan", "browser"] as const;
  const terminals = ["mobile", "tv", "internet"] as const;
  for (let index = 0; index < count; index++) {
    const id = `more-${index}`;
    const role = roles[index % 4] ?? "viewer";
    const kind = role === "owner" ? "key" : (kinds[index % 3] ?? "key");
    const at = (age: number): string => new Date(Date.now() - age * MINUTE).toISOString();
    box.access.clients.set(id, {
      id,
      name: NAMES[index % NAMES.length] + (index < NAMES.length ? "" : ` ${index}`),
      role,
      terminalType: terminals[index % 3] ?? "mobile",
      kind,
      pairedAt: at(60 * 24 * 40),
      lastSeenAt: index === 7 ? null : at(index * index * 7),
      lastAddress: index % 2 === 0 ? `192.168.1.${20 + index}` : "2001:db8:1234:5678:9abc:def0:1234:5678",
      lastHome: index % 2 === 0,
      endsAt: role === "guest" ? at(-60 * 30) : null,
      handedOverFrom: index === 4 ? "more-3" : null,
      ...(role === "kid" ? { limits: { maximumAge: 12, minutesPerDay: 90 } } : {}),
      user: id,
      thumbprint: "",
      refresh: "",
      cookie: "",
    });
  }
}

const EVENTS: readonly AuditEvent[] = [
  "client-paired",
  "watched",
  "pairing-refused",
  "refresh-reused",
  "pin-unlocked",
  "offer-opened",
  "client-changed",
  "owner-recovered",
  "handed-over",
];

/** So much happened, some hours apart, long before today. */
export function addHistory(box: FakeBox, count: number): void {
  for (let index = 0; index < count; index++)
    box.access.note(EVENTS[index % EVENTS.length] ?? "watched", {
      at: new Date(Date.now() - (10 * 24 * 60 + (count - index) * 300) * MINUTE).toISOString(),
      name: NAMES[index % NAMES.length] ?? null,
      client: `more-${index % 5}`,
      address: "192.168.1.40",
      count: 1 + (index % 4),
      detail: { role: "viewer" },
    });
}
