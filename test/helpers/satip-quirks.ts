/** What is odd about a server, as researched; may be changed while it runs. */
export interface SatipQuirks {
  /** 408 to a SETUP without mtype. */
  needsMtype: boolean;
  /** Refusal of every SETUP: its status, and the body. */
  refuseSetup: { status: number; body: string } | null;
  /** So many SETUPs are answered with a bare 503 first. */
  settling: number;
  /** Seconds of a session without a request; and whether it then ends. */
  timeoutS: number;
  expires: boolean;
  /** More PIDs than this: 503 with `No-More: pids`. */
  mostPids: number;
  noSessionInPlay: boolean;
  /** Level 0, quality 0. */
  measuresNothing: boolean;
  /** RTP with a few bytes that are no transport packets, between the others. */
  shortRtp: boolean;
  /** Interleaved bytes are sent in pieces of so many; 0: as they are. */
  pieces: number;
  closeAfterReply: boolean;
  /** Every n-th RTP packet is not sent; 0: all are. */
  loseEvery: number;
  /** Every n-th RTP packet is sent behind the next. */
  swapEvery: number;
  /** Reports a lock and sends nothing until so many more PLAYs came. */
  silentPlays: number;
  /** Nothing gets through over UDP. */
  udpBlocked: boolean;
  refusedTransport: "udp" | "tcp" | null;
  /** TEARDOWN is not answered. */
  ignoresTeardown: boolean;
  /** After PLAY for another multiplex in a session, so many packets of the old one. */
  stalePackets: number;
  /** Whether RTP-Info tells the first packet of what was asked for. */
  rtpInfo: boolean;
}

/** A server by the book. */
export const NO_QUIRKS: SatipQuirks = {
  needsMtype: false,
  refuseSetup: null,
  settling: 0,
  timeoutS: 60,
  expires: false,
  mostPids: Infinity,
  noSessionInPlay: false,
  measuresNothing: false,
  shortRtp: false,
  pieces: 0,
  closeAfterReply: false,
  loseEvery: 0,
  swapEvery: 0,
  silentPlays: 0,
  udpBlocked: false,
  refusedTransport: null,
  ignoresTeardown: false,
  stalePackets: 0,
  rtpInfo: true,
};
