// MPEG-TS segments of every service of every capture, as ffprobe and players see them.
import "../share/live/packaging/ts/captures.heavy.ts";
import "../share/live/packaging/ts/players.heavy.ts";
