/** What a gateway said of how long it has known its mappings, and when it said so. */
export interface Epoch {
  /** s, by the gateway */
  readonly server: number;
  /** s, by a clock of ours that does not jump */
  readonly client: number;
}

/**
 * Whether a PCP server still has what it had: its time went on as ours did, by a 16th and two seconds.
 * @returns false: it lost its mappings, and they are to be made anew
 * @see RFC 6887 §8.5
 */
export function isSamePcpEpoch(before: Epoch, now: Epoch): boolean {
  if (now.server + 1 < before.server) return false;
  const client = now.client - before.client;
  const server = now.server - before.server;
  return !(client + 2 < server - server / 16 || server + 2 < client - client / 16);
}

/** The same of a NAT-PMP gateway: its time did not fall behind 7/8 of ours by more than two seconds. @see RFC 6886 §3.6 */
export function isSameNatPmpEpoch(before: Epoch, now: Epoch): boolean {
  return now.server + 2 >= before.server + ((now.client - before.client) * 7) / 8;
}
