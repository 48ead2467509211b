import type { FastifyPluginAsync, FastifyReply } from "fastify";
import { join } from "node:path";
import { createAccessControl, type AccessControl } from "../../src/access-control/index.ts";
import { boxRoute, buildApp, createListeners } from "../../src/http-server/index.ts";
import { systemClock, type Clock } from "../../src/kernel/clock.ts";
import { TellyportError } from "../../src/kernel/errors.ts";
import { createLog } from "../../src/kernel/log.ts";
import { openDatabase } from "../../src/kernel/store/database.ts";
import { ms } from "../../src/kernel/units.ts";
import { onlineState } from "../../src/ddns-client/online-state.ts";
import { LOCAL, MEDIA, MEMBERS, OWNER } from "../../src/protocol/access.ts";
import type { Channel, Tuner } from "../../src/protocol/api.ts";
import { temporaryFolder, type Teardown } from "../helpers/temporary.ts";

/** A box with real doors and real access control; its channels and playbacks are the test's. */
export interface RealBox {
  readonly state: string;
  readonly access: AccessControl;
  readonly ports: { readonly http: number; readonly https: number | null };
  /** `METHOD path` of every playback call. */
  readonly calls: string[];
  /** Ends a playback as the box does when its tuner is taken. */
  endPlayback(id: string, code: string, title: string): void;
  /** Until the event stream is being read. */
  listening(): boolean;
}

export const CHANNELS: readonly Channel[] = [
  channel("c1", 1, "Das Erste HD"),
  channel("c2", 2, "公視新聞台 HD"),
  channel("c21", 21, "Das Zweite"),
];

export const TUNER: Tuner = {
  id: "t1",
  name: "mock-a",
  state: "streaming",
  multiplex: "mock-1",
  error: null,
  signal: { strength: -52, cnr: 28.5 },
  services: [
    { id: 101, name: "Das Erste HD" },
    { id: 102, name: "公視新聞台 HD" },
  ],
  consumers: ["live: Das Erste HD", "guide"],
  counters: {
    packets: 123456,
    packetsScanned: 123456,
    continuityErrors: 2,
    transportErrors: 0,
    overflows: 1,
    syncLosses: 0,
  },
};

export async function startRealBox(
  t: Teardown,
  options: { clock?: Clock; address?: string; https?: boolean } = {},
): Promise<RealBox> {
  const clock = options.clock ?? systemClock;
  const state = await temporaryFolder(t);
  const log = createLog({ level: "silent" });
  const database = openDatabase(join(state, "tellyport.db"));
  const access = await createAccessControl({
    database,
    stateDir: state,
    clock,
    log,
    publicOrigin: () => `http://${options.address ?? "127.0.0.1"}:${listeners.ports.http}`,
  });
  const certificate =
    options.https === true
      ? await access.certificate({ names: ["localhost"], addresses: [options.address ?? "127.0.0.1"] })
      : null;
  const share = fakeShare(access, clock);
  const app = await buildApp({
    log,
    authenticator: access.authenticator,
    version: "0.0.0",
    hostNames: new Set(),
    plugins: [
      boxRoute(
        () => ({
          id: access.identity.boxId,
          name: "Living room",
          version: "0.0.0",
          clock: "synchronised",
          pairing: access.pairingState(),
          claimed: access.claimed(),
          https:
            certificate === null
              ? null
              : { port: listeners.ports.https ?? 0, fingerprint: certificate.fingerprint },
          time: new Date(clock.now()).toISOString(),
        }),
        () =>
          onlineState({ enabled: false, cloud: "", openPorts: false, port: 0 }, null, {
            hasCertificate: () => false,
            own: null,
          }),
      ),
      access.routes,
      share.routes,
    ],
  });
  const listeners = createListeners({
    app,
    hostNames: new Set(),
    log,
    address: options.address ?? "127.0.0.1",
    port: 0,
    https: certificate === null ? null : { port: 0, key: certificate.key, cert: certificate.cert },
    socketPath: join(state, "control.sock"),
  });
  await listeners.start?.(new AbortController().signal);
  t.teardown(async () => {
    share.close();
    await listeners.stop?.();
    await app.close();
    access.audit.stop();
    database.close();
  });
  return { state, access, ports: listeners.ports, ...share.face };
}

/** Playbacks as the API describes them, without a tuner behind them. */
function fakeShare(
  access: AccessControl,
  clock: Clock,
): {
  routes: FastifyPluginAsync;
  close: () => void;
  face: Pick<RealBox, "calls" | "endPlayback" | "listening">;
} {
  const calls: string[] = [];
  const ended = new Map<string, TellyportError>();
  const streams = new Set<FastifyReply>();
  let count = 0;
  const routes: FastifyPluginAsync = async (app) => {
    app.addHook("onRequest", async ({ method, url }) => void calls.push(`${method} ${url}`));
    app.get("/api/v1/channels", { config: { access: MEMBERS } }, () => ({ channels: CHANNELS }));
    app.get("/api/v1/tuners", { config: { access: OWNER } }, () => ({ tuners: [TUNER] }));
    app.get("/api/v1/guide", { config: { access: MEMBERS } }, () => ({
      channels: [{ channel: "c2", programmes: [CHANNELS[1]?.now] }],
    }));
    app.post("/api/v1/mock/faults", { config: { access: LOCAL } }, ({ body }) => ({ got: body }));
    app.delete("/api/v1/mock/faults", { config: { access: LOCAL } }, () => ({ faults: [] }));
    app.get("/api/v1/mock/on-air", { config: { access: LOCAL } }, ({ query }) => ({ query }));
    app.post<{ Body: { channel: string } }>(
      "/api/v1/playback",
      { config: { access: MEMBERS } },
      async (request, reply) => {
        if (request.body.channel === "c21")
          throw new TellyportError("no-tuner-free", "Every tuner is busy. Free now: 1.", {
            detail: { free: ["c1"] },
          });
        const id = `p${++count}`;
        const { principal } = request;
        if (principal === null) throw new Error("the guard let a stranger in");
        const expires = ms(clock.now() + 60_000);
        const grant = access.grants.issue(id, principal, expires);
        return reply.code(201).send({
          id,
          hls: `/m/${grant}/index.m3u8`,
          expiresAt: new Date(expires).toISOString(),
          timings: { ready: 12 },
        });
      },
    );
    app.post<{ Params: { id: string } }>(
      "/api/v1/playback/:id/renew",
      { config: { access: MEMBERS } },
      ({ params }) => {
        const error = ended.get(params.id);
        if (error !== undefined) throw error;
        return { expiresAt: new Date(clock.now() + 60_000).toISOString() };
      },
    );
    app.delete("/api/v1/playback/:id", { config: { access: MEMBERS } }, (_request, reply) =>
      reply.code(204).send(),
    );
    app.get("/api/v1/events", { config: { access: MEMBERS } }, (_request, reply) => {
      reply.hijack();
      reply.raw.writeHead(200, { "content-type": "text/event-stream" });
      reply.raw.write(`event: snapshot\ndata: ${JSON.stringify({ channels: CHANNELS })}\n\n`);
      streams.add(reply);
      reply.raw.once("close", () => streams.delete(reply));
    });
    app.get<{ Params: { grant: string } }>(
      "/m/:grant/index.m3u8",
      { config: { access: MEDIA } },
      ({ params }, reply) => {
        access.grants.check(params.grant);
        return reply.type("application/vnd.apple.mpegurl").send("#EXTM3U\n");
      },
    );
  };
  return {
    routes,
    close: () => streams.forEach(({ raw }) => raw.destroy()),
    face: {
      calls,
      listening: () => streams.size > 0,
      endPlayback(id, code, title) {
        for (const { raw } of streams)
          raw.write(`event: playback-ended\ndata: ${JSON.stringify({ id, code, title })}\n\n`);
      },
    },
  };
}

function channel(id: string, number: number, name: string): Channel {
  const programme = {
    title: "晚間新聞 Evening news with a title that is far too long for a narrow terminal",
    description: "",
    language: "eng",
    startsAt: "2026-11-20T18:00:00.000Z",
    endsAt: "2026-11-20T19:00:00.000Z",
  };
  return {
    id,
    number,
    name,
    provider: null,
    kind: "tv",
    scrambled: false,
    now: programme,
    next: null,
    codecs: {
      video: {
        family: "avc-recovery-point",
        codec: "avc1.640028",
        width: 1920,
        height: 1080,
        frameRate: 25,
        interlaced: true,
      },
      audio: [{ family: "mp2", codec: "mp4a.40.33", language: "ger", description: false }],
    },
    availability: "free",
  };
}
