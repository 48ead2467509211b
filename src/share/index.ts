import type { IncomingMessage } from "node:http";
import type { Clock } from "../kernel/clock.ts";
import type { Log } from "../kernel/log.ts";
import { LINES_OF_CLIENTS, SparingLog } from "../kernel/log-sparingly.ts";
import type { Database } from "../kernel/store/database.ts";
import type { Tuners } from "../tuner/ports.ts";
import { Packager } from "./live/packaging/packager.ts";
import { TsPackager } from "./live/packaging/ts-packager.ts";
import { Transcoding } from "./live/transcoding/index.ts";
import { SlabPool } from "./live/packaging/slab-pool.ts";
import { createServiceSource } from "./live/service-source.ts";
import type { XmltvSource } from "./guide/xmltv/xmltv-feed.ts";
import type { ShareOptions } from "./options.ts";
import type { GrantPort, ViewingRules } from "./ports.ts";
import { stillMaker } from "./stills/still-maker.ts";
import { createShareFrom, type Share } from "./share.ts";

export type { GrantPort, ViewingNote, ViewingRules } from "./ports.ts";
export type { ShareOptions } from "./options.ts";
export type { PlaybackUsage, PrincipalUsage } from "./live/usage.ts";
export type { Share } from "./share.ts";
export { CHANNEL_TABLES } from "./schema.ts";
export { describeConverting } from "./live/transcoding/describe-converting.ts";
export { openGuide } from "./guide/open-guide.ts";

export interface ShareDeps {
  readonly tuners: Tuners;
  /** With `transaction` and `migrate`; the tables are made here. */
  readonly database: Database;
  /** Of {@link openGuide}. Default: `database`. */
  readonly guideDatabase?: Database;
  /** XMLTV listings that the guide is completed with; default: none. */
  readonly xmltv?: readonly XmltvSource[];
  readonly clock: Clock;
  readonly log: Log;
  readonly grants: GrantPort;
  /** Whether an address is in the home network, or is this machine; default: none is. */
  readonly atHome?: (address: string) => boolean;
  /** Where a request for media came from, when a reverse proxy may ask in somebody's name; default: its socket's peer. */
  readonly peerOf?: ((request: IncomingMessage) => string | undefined) | undefined;
  /** Who may watch what; default: everybody everything. */
  readonly rules?: ViewingRules;
  /** How a client is called, for who may know who watches; default: by nothing. */
  readonly nameOf?: (client: string) => string | null;
  readonly options?: Partial<ShareOptions>;
  /** `cores` that converted pictures may use, and the `vendor`'s ffmpeg; default: half the cores, none. */
  readonly transcoding?: { readonly cores: number | null; readonly vendor: string | null };
}

/**
 * Resource sharing on this box's tuners.
 * @throws TellyportError `store-too-new`
 */
export function createShare(deps: ShareDeps): Share {
  const { tuners, clock, log } = deps;
  const pool = new SlabPool();
  const lines = new SparingLog(log, clock, LINES_OF_CLIENTS);
  const transcoding = new Transcoding({
    environment: process.env,
    ...deps.transcoding,
    clock,
    log: log.child({ module: "transcoding" }),
  });
  const share = createShareFrom({
    ...deps,
    createSource: (service, weight, consumer) =>
      createServiceSource({ tuners, service: service.key, weight, consumer, clock, log: lines }),
    createPackager: (sink, targetDuration, container) =>
      container === "ts"
        ? new TsPackager({ sink, pool, clock, targetDuration })
        : new Packager({ sink, pool, clock, targetDuration }),
    convert: (source, kind, codecs) => transcoding.source(source, { kind }, codecs),
    makeStill: stillMaker({ ffmpeg: () => transcoding.runner(), clock }),
  });
  return {
    ...share,
    async stop() {
      await share.stop();
      await transcoding.stop();
    },
  };
}
