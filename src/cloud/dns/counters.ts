/** What the name server has done since its start; for metrics. */
export interface DnsCounters {
  /** Packets and messages that came, whatever they were. */
  udpQueries: number;
  tcpQueries: number;
  /** By the answer code: `NOERROR`, `NXDOMAIN`, ... */
  readonly answers: Record<string, number>;
  /** Answers beyond what one network gets: cut short, and not sent. */
  slipped: number;
  limited: number;
  /** What was no query, and answers for which there was no room to send. */
  dropped: number;
  /** Connections now, and those that found no room. */
  connections: number;
  refusedConnections: number;
}

export function dnsCounters(): DnsCounters {
  return {
    udpQueries: 0,
    tcpQueries: 0,
    answers: {},
    slipped: 0,
    limited: 0,
    dropped: 0,
    connections: 0,
    refusedConnections: 0,
  };
}
