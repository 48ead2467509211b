import { Type, type Static, type TSchema } from "typebox";
import { Value } from "typebox/value";
import type { Clock } from "../../../kernel/clock.ts";
import { TellyportError } from "../../../kernel/errors.ts";
import { explainHttp, readHttp } from "../network/http-open.ts";

/** What a device's web server says, as far as we look. */
const Discover = Type.Object({
  DeviceID: Type.String({ pattern: "^[0-9A-Fa-f]{8}$" }),
  TunerCount: Type.Integer({ minimum: 1, maximum: 64 }),
  FriendlyName: Type.Optional(Type.String()),
  ModelNumber: Type.Optional(Type.String()),
  LineupURL: Type.Optional(Type.String()),
});
const Lineup = Type.Array(
  Type.Object({
    GuideNumber: Type.String({ minLength: 1, maxLength: 16 }),
    GuideName: Type.Optional(Type.String()),
    Tags: Type.Optional(Type.String()),
    DRM: Type.Optional(Type.Integer()),
    URL: Type.Optional(Type.String()),
  }),
);
const Status = Type.Array(
  Type.Object({
    Resource: Type.String(),
    VctNumber: Type.Optional(Type.String()),
    TargetIP: Type.Optional(Type.String()),
    SignalStrengthPercent: Type.Optional(Type.Number()),
    SignalQualityPercent: Type.Optional(Type.Number()),
    SymbolQualityPercent: Type.Optional(Type.Number()),
  }),
);

/** Longest answer of a device, bytes: a line-up of a thousand channels has a tenth of it. */
const MOST_BYTES = 2 * 1024 * 1024;
/** Where devices send their streams. */
const STREAM_PORT = 5004;

/** A device as its `discover.json` has it. */
export interface Device {
  /** Eight hexadecimal digits, lower case. */
  readonly id: string;
  readonly name: string;
  readonly tunerCount: number;
  readonly baseUrl: URL;
  readonly lineupUrl: URL;
}

export interface LineupChannel {
  /** `v5.1`, as streams are asked for. */
  readonly channel: string;
  readonly name: string;
  /** A whole number, else null. */
  readonly number: number | null;
  /** Where it is asked for: at the device, by the maker's way or by that of a program that plays a device. */
  readonly streamUrl: URL;
}

export interface DeviceLineup {
  readonly channels: readonly LineupChannel[];
  /** How many are left out because nobody but the maker's programs may see them. */
  readonly protectedCount: number;
}

/** What the device says of a tuner that sends to us; 0 to 100 each. */
export interface TunerStatus {
  readonly strength: number | null;
  readonly quality: number | null;
  readonly symbolQuality: number | null;
}

/** @throws TellyportError `source-unreachable`, `source-not-list`, `request-cancelled` */
export async function readDevice(baseUrl: URL, clock: Clock, signal?: AbortSignal): Promise<Device> {
  const body = await readJson(Discover, new URL("/discover.json", baseUrl), "a HDHomeRun", { clock, signal });
  const id = body.DeviceID.toLowerCase();
  return {
    id,
    name: (body.FriendlyName ?? body.ModelNumber ?? "HDHomeRun").slice(0, 64),
    tunerCount: body.TunerCount,
    baseUrl,
    lineupUrl: ownUrl(body.LineupURL, baseUrl) ?? new URL("/lineup.json", baseUrl),
  };
}

/** @throws TellyportError `source-unreachable`, `source-not-list`, `request-cancelled` */
export async function readLineup(device: Device, clock: Clock, signal?: AbortSignal): Promise<DeviceLineup> {
  const entries = await readJson(Lineup, device.lineupUrl, "a line-up", { clock, signal });
  const channels = new Map<string, LineupChannel>();
  let protectedCount = 0;
  const streams = new URL(`http://${device.baseUrl.hostname}:${STREAM_PORT}`);
  for (const { GuideNumber, GuideName, Tags, DRM, URL: address } of entries) {
    const isProtected =
      DRM === 1 || (Tags ?? "").split(",").some((tag) => tag.trim().toLowerCase() === "drm");
    if (isProtected) protectedCount++;
    else if (/^\d{1,5}([.-]\d{1,5})?$/.test(GuideNumber))
      channels.set(GuideNumber, {
        channel: `v${GuideNumber}`,
        name: (GuideName ?? GuideNumber).slice(0, 64),
        number: /^\d+$/.test(GuideNumber) ? Number(GuideNumber) : null,
        streamUrl: ownUrl(address, device.baseUrl) ?? new URL(`/auto/v${GuideNumber}`, streams),
      });
  }
  return { channels: [...channels.values()], protectedCount };
}

/**
 * What the device says of the tuner that receives a channel for us.
 * @param local our address, as the device sees it
 * @returns null when it says nothing: old firmware, or another program's tuner
 */
export async function readStatus(
  device: Device,
  tuned: { readonly channel: string; readonly local: string | null },
  options: { clock: Clock; signal?: AbortSignal },
): Promise<TunerStatus | null> {
  const url = new URL("/status.json", device.baseUrl);
  const entries = await readJson(Status, url, "a status", { ...options, answerMs: 2000 });
  const own = entries.filter(
    ({ VctNumber, TargetIP }) =>
      `v${VctNumber}` === tuned.channel &&
      (TargetIP === undefined || tuned.local === null || TargetIP === tuned.local),
  );
  const entry = own[0];
  if (entry === undefined) return null;
  return {
    strength: percent(entry.SignalStrengthPercent),
    quality: percent(entry.SignalQualityPercent),
    symbolQuality: percent(entry.SymbolQualityPercent),
  };
}

function percent(value: number | undefined): number | null {
  return value === undefined || !Number.isFinite(value) ? null : Math.min(100, Math.max(0, value));
}

/** An address that the device gives for itself; null when it leads to another host. */
function ownUrl(text: string | undefined, baseUrl: URL): URL | null {
  if (text === undefined || !URL.canParse(text, baseUrl.href)) return null;
  const url = new URL(text, baseUrl);
  return url.protocol === "http:" && url.hostname === baseUrl.hostname ? url : null;
}

async function readJson<S extends TSchema>(
  schema: S,
  url: URL,
  what: string,
  options: { clock: Clock; signal?: AbortSignal | undefined; answerMs?: number },
): Promise<Static<S>> {
  const answer = await readHttp(url, { ...options, mostBytes: MOST_BYTES });
  if (!answer.ok) throw new TellyportError("source-unreachable", explainHttp(answer, url.host));
  let value: unknown = null;
  try {
    value = answer.status === 200 ? JSON.parse(answer.body.toString("utf8")) : null;
  } catch {
    value = null;
  }
  if (!Value.Check(schema, value))
    throw new TellyportError(
      "source-not-list",
      `${url.host} answers, but not with ${what} (${answer.status}): check that the address is a HDHomeRun's.`,
    );
  return value;
}
