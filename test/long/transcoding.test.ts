// Real broadcasts through the real ffmpeg, and whether sound and picture stay together.
import "../share/live/transcoding/captures.heavy.ts";
import "../share/live/transcoding/sync.heavy.ts";
