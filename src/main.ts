import { networkInterfaces } from "node:os";
import { join, resolve } from "node:path";
import {
  certificateBegin,
  createAccessControl,
  isForScreen,
  noteRefusal,
  OpenViews,
  type AccessControl,
  type AuditNote,
  type AuditPort,
  type OpenView,
} from "./access-control/index.ts";
import { createOnline, ownCertificateOf } from "./ddns-client/index.ts";
import {
  boxRoute,
  buildApp,
  createAnnouncers,
  createListeners,
  descriptionRoute,
  hostNames,
  isOnLink,
  localAddress,
  machineAddresses,
  NamedCertificates,
  nearbyOf,
  neighbourAddresses,
  OwnNames,
  publicAddress,
  RateGuard,
  refuseSecondDaemon,
  requestPeer,
  TrustedProxies,
  webApp,
  type Listeners,
} from "./http-server/index.ts";
import { bootId, systemClockEvidence } from "./kernel/clock-evidence.ts";
import type { Clock } from "./kernel/clock.ts";
import { brandingOf, type Config } from "./kernel/config/index.ts";
import { changeOwnerSettings } from "./kernel/config/owner-settings.ts";
import { Lifecycle } from "./kernel/lifecycle.ts";
import type { Log } from "./kernel/log.ts";
import { keepPrivate } from "./kernel/private-folder.ts";
import { openDatabase } from "./kernel/store/database.ts";
import { handedSockets } from "./kernel/systemd.ts";
import type { ClockEvidence } from "./kernel/time-keeper.ts";
import { TrustedClock, type ClockReport } from "./kernel/trusted-clock.ts";
import { createShare, openGuide, type ViewingNote } from "./share/index.ts";
import { StateWatch, systemRoutes } from "./system/index.ts";
import {
  ChannelScan,
  FirstScan,
  createLineUpStore,
  createMetrics,
  createTuners,
  mockRoutes,
  scanRoutes,
  tunerRoutes,
} from "./tuner/index.ts";
import type { Provisioning } from "./provisioning.ts";
import { DATABASE_FILE, GUIDE_FILE, SOCKET_FILE, finishReset } from "./reset.ts";
import { openSources } from "./sources.ts";
import type { Box, NamedSource, Offer } from "./protocol/api.ts";
import { RELEASED_AT, VERSION } from "./version.ts";

export interface BoxDeps {
  readonly config: Config;
  /** The system's: what runs here gets one that is believed only when it can be. */
  readonly clock: Clock;
  /** What the machine says of that clock; default: it is asked. */
  readonly clockEvidence?: () => ClockEvidence;
  readonly log: Log;
  /** What came of the installer's file; default: there is none. */
  readonly provisioning?: Provisioning;
  /** The state directory that the configuration names, where the box runs on a copy of it; and what is to be done when it can be written again. */
  readonly shadowOf?: { readonly directory: string; readonly recovered: () => void } | undefined;
  /** Built web app. */
  readonly webFolder: string;
  /** The mock broadcaster's loops. */
  readonly loopsFolder: string;
  /** Stops the daemon for a service manager to begin it again; default: nobody would. */
  readonly restart?: (() => void) | undefined;
}

/** Of the memory for media: what came of whole multiplexes lately; the rest is for what is watched. */
const HISTORY_SHARE = 3 / 8;

const WHY_ENDED = {
  revoked: "The owner ended this phone's access.",
  "role-changed": "The owner changed what this phone may do. Start it again.",
  "stay-over": "This phone's time at this box is over.",
};

/** The daemon, running. */
export interface RunningBox {
  readonly ports: Listeners["ports"];
  readonly access: AccessControl;
  /** What it was told to receive with, and what of that is not there. */
  sources(): readonly NamedSource[];
  /** How many services it knows. */
  services(): number;
  /** Opens a pairing offer, as `tellyport pair` does. */
  openOffer(): Offer;
  stop(): Promise<void>;
}

/**
 * The composition root: every module is made here, wired here, and started in this order; they stop in reverse.
 * @throws TellyportError of whichever module cannot start
 */
export async function startBox(deps: BoxDeps): Promise<RunningBox> {
  const { config, log } = deps;
  const stateDir = config.state.directory;
  const socketPath = join(stateDir, SOCKET_FILE);
  await refuseSecondDaemon(socketPath);
  // An interrupted reset ends before anything of the old box is read: its clock too.
  await finishReset(stateDir, { clock: deps.clock, log });
  const database = openDatabase(join(stateDir, DATABASE_FILE));
  keepPrivate(stateDir, log);
  const clock = await TrustedClock.open({
    clock: deps.clock,
    evidence: deps.clockEvidence ?? (await systemClockEvidence()),
    boot: bootId(),
    log: log.child({ module: "clock" }),
    stateDir,
    releasedAt: RELEASED_AT,
    been: [await certificateBegin(stateDir)],
  });
  const began = clock.monotonic();
  let ready = false;
  const lifecycle = new Lifecycle({ log, clock });
  try {
    await lifecycle.start([{ name: "database", stop: () => database.close() }]);
    const guideDatabase = openGuide(join(stateDir, GUIDE_FILE), log);
    await lifecycle.start([{ name: "guide-database", stop: () => guideDatabase.close() }]);
    const { sources, named, mock } = await openSources(config, { clock, log, loopsFolder: deps.loopsFolder });
    await lifecycle.start([
      {
        name: "sources",
        stop: async () => void (await Promise.all(sources.map(async (one) => one.close?.()))),
      },
    ]);
    const mediaBudget = config.live.mediaBudgetMiB * 1024 * 1024;
    const historyBytes = config.live.instantZap ? mediaBudget * HISTORY_SHARE : 0;
    const tuners = createTuners({
      sources,
      clock,
      log: log.child({ module: "tuner" }),
      options: {
        lingerMs: config.live.lingerSeconds * 1000,
        tunersPerClass: config.live.tunersPerRole,
        guide: config.guide.collect,
        guidePeriodMs: config.guide.periodHours * 3600 * 1000,
        historyBytes,
      },
    });

    const access = await createAccessControl({
      database,
      stateDir,
      clock,
      log,
      policy: config.access,
      watched: {
        keeps: config.access.keepWatched,
        save: (keepWatched) => changeOwnerSettings(stateDir, { access: { keepWatched } }),
      },
      publicOrigin: () => `http://${publicAddress(config.http.address)}:${listeners.ports.http}`,
      localOrigin: () => `http://${localAddress(config.http.address)}:${listeners.ports.http}`,
    });
    await lifecycle.start([access.audit]);
    await noteProvisioning(deps.provisioning ?? { state: "none" }, access.audit);

    const proxies = new TrustedProxies(config.http.trustedProxies);
    const share = createShare({
      tuners,
      database,
      guideDatabase,
      xmltv: config.guide.xmltv,
      clock,
      log: log.child({ module: "share" }),
      grants: access.grants,
      atHome: (address) => isOnLink(address, networkInterfaces()),
      peerOf: (request) => requestPeer(request, proxies),
      rules: access.rules,
      nameOf: (client) => access.nameOf(client),
      transcoding: {
        cores: config.live.transcoding.cores === 0 ? null : config.live.transcoding.cores,
        vendor: config.live.transcoding.ffmpeg === "" ? null : config.live.transcoding.ffmpeg,
      },
      options: {
        mediaBudgetBytes: mediaBudget - historyBytes,
        timeShiftSeconds: config.live.timeShift.minutes * 60,
        timeShiftDirectory: config.live.timeShift.directory,
        timeShiftDiskBytes: config.live.timeShift.diskMiB * 1024 * 1024,
        streamIdleMs: config.live.idleSeconds * 1000,
        predictiveTuners: config.live.instantZap ? config.live.predictiveTuners : 0,
      },
    });
    const metrics = createMetrics({
      tuners,
      gauges: [
        {
          name: "tellyport_live_streams",
          help: "Live streams that run.",
          read: () => share.live().streams,
        },
        {
          name: "tellyport_media_bytes",
          help: "Memory that media take.",
          read: () => share.live().mediaBytes,
        },
        {
          name: "tellyport_media_cut_off_total",
          help: "Receivers of media that were cut off for being too slow.",
          type: "counter",
          read: () => share.live().cutOffs,
        },
        {
          name: "tellyport_time_shift_disk_bytes",
          help: "Segments of live streams on disk",
          read: () => share.live().timeShiftBytes,
        },
      ],
      further: () => share.clientFigures(),
    });
    const scan = new ChannelScan({
      tuners,
      store: createLineUpStore(database),
      clock,
      log: log.child({ module: "scan" }),
      parallel: config.scan.tuners,
    });
    scan.on((progress) => share.tellScan(progress));
    clock.onStepped((step) => {
      access.followClock(step);
      access.audit.note({ event: "clock-stepped", detail: { from: iso(step.from), to: iso(step.to) } });
    });
    clock.compareWith(() => tuners.broadcastTime?.() ?? null);
    access.onClientEnded((client, reason) =>
      share.endPlaybacksOf(
        client,
        reason === "stay-over" ? "stay-over" : "client-revoked",
        WHY_ENDED[reason],
      ),
    );

    share.onViewing((note) => access.audit.note(viewingEntry(note)));
    const running = (): OpenView[] =>
      share.unfinishedViewing().map(({ playback, note }) => ({ playback, note: viewingEntry(note) }));
    await lifecycle.start([new OpenViews({ database, clock, log, audit: access.audit, running })]);
    access.onNotice((entry) => share.tellOwners("notice", entry));
    access.onOffer((state) =>
      isForScreen(state) ? share.tellAtBox("offer", state) : share.tellOwners("offer", state),
    );

    const firstScan = new FirstScan({
      wish: config.scan,
      scan,
      tuners: () => tuners.snapshot().filter(({ state }) => state !== "failed").length,
      clock,
      clockTrusted: () => clock.report().state === "synchronised",
      log: log.child({ module: "scan" }),
      failed: (why) => access.audit.note({ event: "first-scan-failed", detail: { ...why } }),
      stateDir,
    });
    const stateWatch = new StateWatch({
      directory: deps.shadowOf?.directory ?? stateDir,
      refused: () => database.refused,
      clock,
      log,
      ...(deps.shadowOf !== undefined && { recovered: deps.shadowOf.recovered }),
    });
    const { language } = config.box;
    const branding = brandingOf(config.branding);

    const certificates = new NamedCertificates();
    const ownCertificate = ownCertificateOf(config.http.https, { clock, log });
    const { online, routes: onlineRoutes } = await createOnline({
      config: config.online,
      stateDir,
      database,
      clock,
      clockTrusted: () => clock.report().state === "synchronised",
      log,
      signer: access.identity,
      version: VERSION,
      httpsPort: () => listeners.ports.https,
      served: { own: ownCertificate, hasCertificate: (name) => certificates.contextOf(name) !== null },
      onForeignCertificate: ({ names, issuer }) =>
        access.audit.note({ event: "certificate-foreign", detail: { names: names.join(" "), issuer } }),
      noted: (client, detail) => access.audit.note({ event: "online-changed", client, detail }),
    });
    const names = new OwnNames(hostNames(access.identity.boxId, config.http.hosts));
    const followNames = (): void => {
      // What the owner brought goes before what the box got.
      names.set("own", certificates.set("own", ownCertificate?.current() ?? null));
      names.set("online", online.names());
      certificates.set("online", online.certificate());
    };
    online.onChanged(followNames);
    ownCertificate?.onChanged(followNames);
    const certificate = config.http.https.enabled
      ? await access.certificate({ names: [...names.fixed], addresses: machineAddresses() })
      : null;

    const viewersOf = (multiplex: string): string[] =>
      share
        .watching()
        .flatMap((one) => (one.multiplex === multiplex ? [access.nameOf(one.client) ?? ""] : []));
    const describe = (): { id: string; name: string } => ({
      id: access.identity.boxId,
      name: config.box.name,
    });
    const app = await buildApp({
      log: log.child({ module: "http-server" }),
      authenticator: access.authenticator,
      version: VERSION,
      hostNames: names,
      onRefused: (refusal) => noteRefusal(access.audit, refusal),
      isSecured: (name) => certificates.covers("online", name),
      proxies,
      rates: new RateGuard({ clock, recognise: access.recognise }),
      plugins: [
        boxRoute(
          () => ({
            ...describe(),
            version: VERSION,
            ...describeClock(clock.report()),
            pairing: access.pairingState(),
            claimed: access.claimed(),
            https:
              certificate === null
                ? null
                : { port: listeners.ports.https ?? 0, fingerprint: certificate.fingerprint },
            time: iso(clock.now()),
            ...(stateWatch.doubt !== null && { stateDoubt: stateWatch.doubt }),
            ...(language !== "auto" && { language }),
            ...(branding !== null && { branding }),
          }),
          () => online.state(),
          () =>
            nearbyOf(access.identity.boxId, {
              listen: config.http.address,
              port: listeners.ports.http,
              announced: config.announce.mdns,
            }),
        ),
        ...onlineRoutes,
        access.routes,
        tunerRoutes(tuners, named, viewersOf),
        metrics.routes,
        scanRoutes(scan, (multiplex) =>
          sources.some(({ drivers }) => drivers.some((driver) => driver.accepts(multiplex))),
        ),
        share.routes,
        systemRoutes({
          version: VERSION,
          startedAt: () => clock.now() - (clock.monotonic() - began),
          ready: () => ready,
          local: () => `http://${localAddress(config.http.address)}:${listeners.ports.http}`,
          clock: () => {
            const { clock: state, clockDoubt } = describeClock(clock.report());
            return { state, doubt: clockDoubt ?? null, time: iso(clock.now()) };
          },
          stateDirectory: resolve(stateDir),
          media: () => ({ used: share.live().mediaBytes, limit: share.live().mediaLimit }),
          timeShift: () => ({
            minutes: config.live.timeShift.minutes,
            path: config.live.timeShift.directory === "" ? null : config.live.timeShift.directory,
            ready: share.live().timeShiftReady,
            used: share.live().timeShiftBytes,
            limit: share.live().timeShiftLimit,
          }),
          guide: () => {
            const { bytes, until } = share.guideSize();
            return { bytes, until: until === null ? null : iso(until) };
          },
          restart: deps.restart ?? null,
        }),
        ...(mock === null ? [] : [mockRoutes(mock)]),
        descriptionRoute({ id: access.identity.boxId, name: () => config.box.name, version: VERSION }),
        webApp(deps.webFolder, branding?.product),
      ],
    });

    const handed = handedSockets(process.env, process.pid);
    const listeners = createListeners({
      app,
      hostNames: names,
      shortCut: (request, response) => share.answerAtOnce(request, response),
      log: log.child({ module: "http-server" }),
      clock,
      address: config.http.address,
      port: config.http.port,
      https:
        certificate === null
          ? null
          : {
              port: config.http.https.port,
              key: certificate.key,
              cert: certificate.cert,
              named: certificates,
            },
      handed: { http: handed.get("http"), https: handed.get("https") },
      socketPath,
      proxies,
    });

    await lifecycle.start([
      clock,
      stateWatch,
      tuners,
      scan,
      access,
      share,
      metrics,
      ...(ownCertificate === null ? [] : [ownCertificate]),
      listeners,
      firstScan,
      online,
      ...createAnnouncers(config.announce, {
        log: log.child({ module: "announce" }),
        clock,
        box: { ...describe(), version: VERSION },
        ports: () => listeners.ports,
        interfaces: () => neighbourAddresses(config.http.address),
      }),
    ]);
    ready = true;
    return {
      ports: listeners.ports,
      access,
      sources: named,
      services: () => tuners.services().length,
      openOffer: () => access.openOffer(),
      stop: () => lifecycle.stop(),
    };
  } catch (error) {
    await lifecycle.stop();
    throw error;
  }
}

/** Puts into the owner's log what came of the installer's file: once that it was applied, at each start that it is wrong. */
async function noteProvisioning(provisioning: Provisioning, audit: AuditPort): Promise<void> {
  if (provisioning.state === "none" || provisioning.note === null) return;
  audit.note(provisioning.note);
  if (provisioning.state === "applied") await provisioning.noted();
}

/** The clock as `GET /api/v1/box` has it. */
function describeClock({ state, doubt, broadcastAhead }: ClockReport): Pick<Box, "clock" | "clockDoubt"> {
  const clockDoubt = doubt ?? (broadcastAhead === null ? null : "broadcast-differs");
  return { clock: state, ...(clockDoubt !== null && { clockDoubt }) };
}

/** What somebody watched, or was refused, as the owner's log has it. */
function viewingEntry(viewing: ViewingNote): AuditNote {
  const { kind, client, channel, home, reason } = viewing;
  const more =
    viewing.kind === "watched"
      ? { seconds: viewing.seconds, title: viewing.title, from: iso(viewing.startedAt) }
      : {};
  return { event: kind, client, detail: { channel: channel.id, name: channel.name, home, reason, ...more } };
}

function iso(epochMs: number): string {
  return new Date(epochMs).toISOString();
}
