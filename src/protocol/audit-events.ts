/** What is written down for the owner. `client-*` are changes; those of {@link ALARMS} are told to owners at once. */
export const AUDIT_EVENTS = [
  "box-reset",
  "certificate-foreign",
  "client-changed",
  "client-paired",
  "client-revoked",
  "clock-stepped",
  "codes-made",
  "first-scan-failed",
  "hand-off-replayed",
  "handed-over",
  "offer-opened",
  "online-changed",
  "others-ended",
  "owner-recovered",
  "pairing-closed",
  "pairing-denied",
  "pairing-refused",
  "pin-changed",
  "pin-locked",
  "pin-unlocked",
  "provision-refused",
  "provisioned",
  "refresh-reused",
  "release-rolled-back",
  "request-refused",
  "watch-refused",
  "watched",
] as const;
export type AuditEvent = (typeof AUDIT_EVENTS)[number];

/**
 * Events that every owner hears of at once (`notice`) or at the next visit, since somebody may be at work. Here alone it is
 * said which they are.
 */
export const ALARMS: readonly AuditEvent[] = [
  "certificate-foreign",
  "client-paired",
  "first-scan-failed",
  "hand-off-replayed",
  "handed-over",
  "others-ended",
  "owner-recovered",
  "pairing-closed",
  "pin-locked",
  "provision-refused",
  "refresh-reused",
  "release-rolled-back",
];
