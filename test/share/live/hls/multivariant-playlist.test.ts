import t from "tap";
import { languageTag, multivariantPlaylist } from "../../../../src/share/live/hls/multivariant-playlist.ts";
import type { AudioTrack, SubtitleTrack, VideoTrack } from "../../../../src/share/live/media-source.ts";
import { multivariantFaults } from "../../../helpers/hls-playlists.ts";
import { audioTrack, videoTrack } from "../../fakes.ts";

const video = (more: Partial<VideoTrack> = {}) => ({
  id: "v0",
  track: videoTrack(more),
  peak: 6_000_000,
  average: 4_000_000,
});
const audio = (id: string, more: Partial<AudioTrack> = {}) => ({
  id,
  track: audioTrack(more),
  peak: 200_000,
  average: 128_000.4,
});

t.test("multivariant playlist: P-13 P-14 literal text with two languages and audio description", (t) => {
  const text = multivariantPlaylist({
    subtitles: [],
    stream: "run1",
    video: video(),
    audio: [
      audio("a0", { language: "fre" }),
      audio("a1", { language: "eng" }),
      audio("a2", { language: "fre", audioDescription: true, channels: 1 }),
      audio("a3", { language: "fre" }),
    ],
  });
  t.equal(
    text,
    `#EXTM3U
#EXT-X-VERSION:9
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="aac",LANGUAGE="fr",NAME="French",DEFAULT=YES,AUTOSELECT=YES,CHANNELS="2",URI="run1/a0/index.m3u8"
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="aac",LANGUAGE="en",NAME="English",DEFAULT=NO,AUTOSELECT=YES,CHANNELS="2",URI="run1/a1/index.m3u8"
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="aac",LANGUAGE="fr",NAME="French (audio description)",DEFAULT=NO,AUTOSELECT=YES,CHARACTERISTICS="public.accessibility.describes-video",CHANNELS="1",URI="run1/a2/index.m3u8"
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="aac",LANGUAGE="fr",NAME="French 2",DEFAULT=NO,AUTOSELECT=NO,CHANNELS="2",URI="run1/a3/index.m3u8"
#EXT-X-STREAM-INF:BANDWIDTH=6200000,AVERAGE-BANDWIDTH=4128001,CODECS="avc1.64001f,mp4a.40.2",RESOLUTION=1280x720,FRAME-RATE=25.000,CLOSED-CAPTIONS=NONE,AUDIO="aac"
run1/v0/index.m3u8
`,
  );
  t.same(multivariantFaults(text), []);
  t.end();
});

t.test("multivariant playlist: one variant per family of sound, each CODECS complete", (t) => {
  const text = multivariantPlaylist({
    subtitles: [],
    stream: "r",
    video: video({ family: "hevc", codec: "hvc1.1.6.L93.B0", frameRate: 0 }),
    audio: [audio("a0", { family: "ac-3", codec: "ac-3", channels: 6 }), audio("a1")],
  });
  t.match(
    text,
    /CODECS="hvc1\.1\.6\.L93\.B0,ac-3",RESOLUTION=1280x720,CLOSED-CAPTIONS=NONE,AUDIO="ac3"\nr\/v0\/index\.m3u8/,
  );
  t.match(
    text,
    /CODECS="hvc1\.1\.6\.L93\.B0,mp4a\.40\.2",RESOLUTION=1280x720,CLOSED-CAPTIONS=NONE,AUDIO="aac"\nr\/v0\/index\.m3u8/,
  );
  t.same(multivariantFaults(text), []);
  t.end();
});

t.test("multivariant playlist: radio is an audio-only variant, with a group when there are several", (t) => {
  const one = multivariantPlaylist({ subtitles: [], stream: "r", video: null, audio: [audio("a0")] });
  t.equal(
    one,
    `#EXTM3U
#EXT-X-VERSION:9
#EXT-X-INDEPENDENT-SEGMENTS
#EXT-X-STREAM-INF:BANDWIDTH=200000,AVERAGE-BANDWIDTH=128001,CODECS="mp4a.40.2"
r/a0/index.m3u8
`,
  );
  t.same(multivariantFaults(one), []);
  const two = multivariantPlaylist({
    subtitles: [],
    stream: "r",
    video: null,
    audio: [audio("a0"), audio("a1", { language: "deu" })],
  });
  t.match(two, /CODECS="mp4a\.40\.2",AUDIO="aac"\nr\/a0\/index\.m3u8/);
  t.same(multivariantFaults(two), []);
  t.end();
});

t.test("multivariant playlist: a silent picture has a variant without a group", (t) => {
  const text = multivariantPlaylist({ subtitles: [], stream: "r", video: video(), audio: [] });
  t.match(
    text,
    /CODECS="avc1\.64001f",RESOLUTION=1280x720,FRAME-RATE=25\.000,CLOSED-CAPTIONS=NONE\nr\/v0\/index\.m3u8\n$/,
  );
  t.same(multivariantFaults(text), []);
  t.end();
});

t.test("multivariant playlist: both kinds of ISO 639-2 codes become the shortest tag", (t) => {
  t.same(["ger", "deu", "chi", "zho", "qaa"].map(languageTag), ["de", "de", "zh", "zh", "qaa"]);
  for (const none of [null, "und", "", "e n", "ENG", 'a"b']) t.equal(languageTag(none), null);
  t.end();
});

t.test(
  "multivariant playlist: S-03 S-04 P-14 subtitles as text, pictures beside HLS, captions in the picture, and HLG",
  (t) => {
    const subtitle = (id: string, more: Partial<SubtitleTrack> = {}) => ({
      id,
      track: {
        kind: "subtitle",
        id,
        format: "text",
        language: "ita",
        hearingImpaired: false,
        ...more,
      } as const,
    });
    const colour = { primaries: 9, transfer: 18, matrix: 9, fullRange: false };
    const text = multivariantPlaylist({
      stream: "r",
      video: video({ captions: true, colour }),
      audio: [audio("a0")],
      subtitles: [
        subtitle("s0"),
        subtitle("s1", { hearingImpaired: true }),
        subtitle("s2", { format: "bitmap", language: "fra", hearingImpaired: true }),
        subtitle("s3", { format: "bitmap", language: null }),
      ],
    });
    t.same(multivariantFaults(text), []);
    for (const line of [
      '#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="subtitles",LANGUAGE="it",NAME="Italian",DEFAULT=NO,AUTOSELECT=YES,FORCED=NO,URI="r/s0/index.m3u8"',
      '#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="subtitles",LANGUAGE="it",NAME="Italian (hard of hearing)",DEFAULT=NO,AUTOSELECT=YES,FORCED=NO,CHARACTERISTICS="public.accessibility.transcribes-spoken-dialog,public.accessibility.describes-music-and-sound",URI="r/s1/index.m3u8"',
      '#EXT-X-SESSION-DATA:DATA-ID="com.tellyport.overlay.s2",VALUE="r/s2/index.m3u8 hearing-impaired",LANGUAGE="fr"',
      '#EXT-X-SESSION-DATA:DATA-ID="com.tellyport.overlay.s3",VALUE="r/s3/index.m3u8"',
      '#EXT-X-MEDIA:TYPE=CLOSED-CAPTIONS,GROUP-ID="captions",NAME="Captions",INSTREAM-ID="CC1"',
    ])
      t.ok(text.split("\n").includes(line), line);
    t.match(text, 'VIDEO-RANGE=HLG,CLOSED-CAPTIONS="captions",AUDIO="aac",SUBTITLES="subtitles"');
    t.end();
  },
);

t.test("multivariant playlist: all tracks in one transport stream are in CODECS", (t) => {
  const text = multivariantPlaylist({
    stream: "r",
    video: { ...video(), id: "ts0", muxed: [audioTrack({ family: "ac-3", codec: "ac-3" }), audioTrack()] },
    audio: [],
    subtitles: [],
  });
  t.match(text, /CODECS="avc1\.64001f,ac-3,mp4a\.40\.2".*\nr\/ts0\/index\.m3u8/);
  t.same(multivariantFaults(text), []);
  t.end();
});
