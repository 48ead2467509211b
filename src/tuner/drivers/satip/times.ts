/** Periods and patience of the client; ms. */
export const TIMES = {
  /** UDP without any packet, not even an empty one or a report: it does not get through. */
  udpPatience: 1500,
  /** After PLAY for another multiplex, packets of the old one may come so long. */
  stale: 200,
  /** Before a request that failed is tried again; one after the other. */
  backOff: [200, 400, 800],
  /** Without transport packets for so long something is done. */
  quiet: 1000,
  /** The same when the connection has ended too. */
  quietClosed: 400,
  /** A report is believed so long. */
  reportLife: 2000,
  /** From one look at a running stream to the next. */
  watch: 100,
} as const;
