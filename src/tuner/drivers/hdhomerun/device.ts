import * as Type from "typebox";
import type { Static, TSchema } from "typebox";
import { Value } from "typebox/value";
import { TellyportError } from "../../../kernel/errors.ts";
import {
  HOME,
  namedReach,
  type NameIt,
  type Reach,
  type SafeFetch,
} from "../../../kernel/safe-fetch/index.ts";
import { requireHttp } from "../network/http-open.ts";

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

/** Where a device's web server is, and how far its word goes. */
export interface DeviceAddress {
  readonly url: URL;
  readonly reach: Reach;
}

/** What asking a device takes. */
export interface DeviceDeps {
  readonly fetch: SafeFetch;
  readonly signal?: AbortSignal | undefined;
}

export const NAME_DEVICE: NameIt = ({ host }) => `${host} under tuners.hdhomerun.hosts`;

/** One that the installer named: with the port of its streams, wherever it is. */
export function namedDevice(url: URL): DeviceAddress {
  return { url, reach: namedReach(url, streamServer(url)) };
}

/** One that answered a search: a neighbour. */
export function foundDevice(url: URL): DeviceAddress {
  return { url, reach: HOME };
}

/** A device as its `discover.json` has it. */
export interface Device {
  /** Eight hexadecimal digits, lower case. */
  readonly id: string;
  readonly name: string;
  readonly tunerCount: number;
  readonly baseUrl: URL;
  readonly lineupUrl: URL;
  readonly reach: Reach;
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

/** @throws TellyportError `source-unreachable`, `source-not-list`, `fetch-refused`, `request-cancelled` */
export async function readDevice({ url: baseUrl, reach }: DeviceAddress, deps: DeviceDeps): Promise<Device> {
  const url = new URL("/discover.json", baseUrl);
  const body = await readJson(Discover, url, "a HDHomeRun", { ...deps, reach });
  const id = body.DeviceID.toLowerCase();
  return {
    id,
    name: (body.FriendlyName ?? body.ModelNumber ?? "HDHomeRun").slice(0, 64),
    tunerCount: body.TunerCount,
    baseUrl,
    lineupUrl: ownUrl(body.LineupURL, baseUrl) ?? new URL("/lineup.json", baseUrl),
    reach,
  };
}

/** @throws TellyportError `source-unreachable`, `source-not-list`, `fetch-refused`, `request-cancelled` */
export async function readLineup(device: Device, deps: DeviceDeps): Promise<DeviceLineup> {
  const { reach } = device;
  const entries = await readJson(Lineup, device.lineupUrl, "a line-up", { ...deps, reach });
  const channels = new Map<string, LineupChannel>();
  let protectedCount = 0;
  const streams = streamServer(device.baseUrl);
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
  deps: DeviceDeps,
): Promise<TunerStatus | null> {
  const url = new URL("/status.json", device.baseUrl);
  const entries = await readJson(Status, url, "a status", { ...deps, reach: device.reach, answerMs: 2000 });
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

function streamServer({ hostname }: URL): URL {
  return new URL(`http://${hostname}:${STREAM_PORT}`);
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
  options: DeviceDeps & { readonly reach: Reach; readonly answerMs?: number },
): Promise<Static<S>> {
  const answer = await requireHttp(url, { ...options, nameIt: NAME_DEVICE, mostBytes: MOST_BYTES });
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
