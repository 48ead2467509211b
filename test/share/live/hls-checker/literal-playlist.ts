import { Findings } from "../../../helpers/hls-checker/findings.ts";
import { readMediaPlaylist } from "../../../helpers/hls-checker/media-playlist.ts";
import type { MediaPlaylist } from "../../../helpers/hls-checker/playlist-model.ts";
import { checkPlaylist, type PlaylistContext } from "../../../helpers/hls-checker/playlist-rules.ts";

export const URL_ = "http://box/m/v/index.m3u8";
export const CONTEXT: PlaylistContext = {
  where: "v",
  kind: "video",
  lowLatency: true,
  others: ["http://box/m/a/index.m3u8"],
  now: Date.UTC(2026, 10, 20, 12, 0, 20),
};

/** A literal low-latency playlist: eight segments of 2 s, a discontinuity, parts of the last two, a gap. */
export const GOOD = `#EXTM3U
#EXT-X-VERSION:9
#EXT-X-TARGETDURATION:2
#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,CAN-SKIP-UNTIL=12.0,HOLD-BACK=6.0,PART-HOLD-BACK=3.0
#EXT-X-PART-INF:PART-TARGET=1.00000
#EXT-X-MEDIA-SEQUENCE:5
#EXT-X-DISCONTINUITY-SEQUENCE:1
#EXT-X-MAP:URI="init-1.mp4"
#EXT-X-PROGRAM-DATE-TIME:2026-11-20T12:00:00.000Z
#EXT-X-DATERANGE:ID="p1",START-DATE="2026-11-20T12:00:00Z",X-TITLE="News"
#EXTINF:2.00000,
5.m4s
#EXTINF:2.00000,
6.m4s
#EXT-X-DISCONTINUITY
#EXT-X-MAP:URI="init-2.mp4"
#EXT-X-PROGRAM-DATE-TIME:2026-11-20T12:00:04.000Z
#EXTINF:2.00000,
7.m4s
#EXTINF:2.00000,
8.m4s
#EXT-X-PROGRAM-DATE-TIME:2026-11-20T12:00:08.000Z
#EXTINF:2.00000,
9.m4s
#EXT-X-GAP
#EXTINF:2.00000,
10.m4s
#EXT-X-PART:DURATION=0.50000,URI="11.0.m4s",INDEPENDENT=YES
#EXT-X-PART:DURATION=1.00000,URI="11.1.m4s"
#EXT-X-PART:DURATION=0.50000,URI="11.2.m4s"
#EXTINF:2.00000,
11.m4s
#EXT-X-PART:DURATION=1.00000,URI="12.0.m4s",INDEPENDENT=YES
#EXT-X-PART:DURATION=1.00000,URI="12.1.m4s"
#EXTINF:2.00000,
12.m4s
#EXT-X-PART:DURATION=1.00000,URI="13.0.m4s",INDEPENDENT=YES
#EXT-X-PRELOAD-HINT:TYPE=PART,URI="13.1.m4s"
#EXT-X-RENDITION-REPORT:URI="../a/index.m3u8",LAST-MSN=13,LAST-PART=0
`;

export function read(text: string, findings: Findings): MediaPlaylist {
  return readMediaPlaylist(text, URL_, (what) => findings.expect("P-01", false, "v", what));
}

export const rulesOf = ({ list }: Findings): string[] => [...new Set(list.map(({ rule }) => rule))];

/** What is found in one text. */
export function judged(text: string, context: Partial<PlaylistContext> = {}): Findings {
  const findings = new Findings();
  checkPlaylist(read(text, findings), { ...CONTEXT, ...context }, findings.expect);
  return findings;
}

/** A fault: its rule, what it is, and what of the text is replaced by what. */
export type Change = readonly [rule: string, what: string, from: string | RegExp, to: string];
