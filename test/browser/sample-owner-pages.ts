import type { NamedSource, Scan, ScannedService, Tuner } from "../../src/protocol/api.ts";
import type { OnlineState } from "../../src/protocol/online.ts";
import type { SystemState } from "../../src/protocol/system.ts";
import type { WatchedEntry } from "../../src/protocol/watched.ts";

/** What an owner's box says of itself, in its good and its bad days. */

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const iso = (at: number): string => new Date(at).toISOString();

const COUNTERS = {
  packets: 1_204_331,
  packetsScanned: 1_204_331,
  continuityErrors: 2,
  transportErrors: 0,
  overflows: 0,
  syncLosses: 0,
};

function tuner(id: string, name: string, more: Partial<Tuner> = {}): Tuner {
  return {
    id,
    name,
    state: "idle",
    multiplex: null,
    error: null,
    signal: null,
    services: [],
    consumers: [],
    viewers: [],
    counters: COUNTERS,
    ...more,
  };
}

function signal(level: "good" | "poor" | "none", code: string, margin: number | null): Tuner["signal"] {
  return {
    strength: -61.4,
    cnr: 24.25,
    quality: null,
    bitErrorRatio: 2e-7,
    uncorrectedBlocks: 0,
    verdict: { level, code, margin, text: "in English" },
  };
}

export function sampleTuners(): { tuners: Tuner[]; sources: NamedSource[]; notReceived: object[] } {
  const names = [
    "Nova 24",
    "Arte",
    "華視新聞資訊台",
    "央视综合",
    "Ultra One HD",
    "Canal Sud",
    "Radio Classique",
  ];
  const services = names.map((name, id) => ({ id, name }));
  return {
    tuners: [
      tuner("dvb-0", "Sony CXD2880 DVB-T2", {
        state: "streaming",
        multiplex: "dvbt-482",
        place: "DVB-T 482 MHz",
        services,
        consumers: ["live: Nova 24"],
        viewers: ["Kitchen tablet", "王小明的手机"],
        signal: signal("good", "strong", 8.2),
        timings: { lock: 312, pat: 340, pmt: 420 },
      }),
      tuner("dvb-1", "Montage DS3000 DVB-S2", {
        state: "degraded",
        multiplex: "dvbs2-11494",
        place: "DVB-S2 19.2E 11493.75 MHz H",
        services: services.slice(0, 2),
        consumers: ["channel scan"],
        signal: signal("poor", "too-weak", -2.4),
      }),
      tuner("dvb-2", "Hauppauge WinTV dualHD", { state: "failed", error: "device-gone" }),
      tuner("mock-0", "Mock 1"),
    ],
    sources: [
      { name: "dvb:0,1,2", problems: ["/dev/dvb/adapter2 is not there: plug the tuner in."] },
      { name: "satip:192.168.1.20", problems: [] },
    ],
    notReceived: [{ place: "Rai Storia", code: "no-data" }],
  };
}

const service = (name: string): ScannedService => ({
  name,
  provider: null,
  kind: "tv",
  lcn: null,
  scrambled: false,
  visible: true,
  onAir: true,
  originalNetworkId: 1,
  transportStreamId: 1,
  serviceId: 1,
  multiplex: "dvbt-482",
  system: "dvbt",
  frequency: 482_000_000,
});

export function sampleScan(state: Scan["state"], now: number): Scan {
  const running = state === "running";
  const finished = state === "finished";
  return {
    state,
    dryRun: false,
    percent: running ? 40 : finished ? 100 : 0,
    done: 11,
    total: 28,
    found: { tv: state === "idle" ? 0 : 17, radio: state === "idle" ? 0 : 6, data: 0 },
    current: [],
    places: running ? ["DVB-T 562 MHz"] : [],
    waiting: false,
    signal: null,
    error: state === "failed" ? "no-tuner-free" : null,
    multiplexes: [],
    services: finished ? [] : null,
    diff: finished
      ? {
          added: [service("Tagesschau 24"), service("三立新聞台")],
          gone: [service("Old Shopping")],
          changed: [],
          unchanged: 14,
        }
      : null,
    startedAt: state === "idle" ? null : iso(now - 2 * MINUTE),
    scannedAt: iso(now - 50 * HOUR),
  };
}

const DOOR = { state: "none", address: null, port: null } as const;

/** @param enabled registered, and reached through the router; default: as it is at first */
export function sampleOnline(enabled = false): OnlineState {
  return {
    enabled,
    cloud: enabled ? "https://cloud.example" : null,
    openPorts: enabled,
    port: 0,
    registration: enabled ? "registered" : "off",
    problem: null,
    name: enabled ? "k3v6q2wplm7xz4ra.tv.example" : null,
    lanName: enabled ? "lan.k3v6q2wplm7xz4ra.tv.example" : null,
    alias: null,
    hosts: [],
    doors: {
      ipv4: enabled ? { state: "direct", address: "203.0.113.7", port: 8443 } : DOOR,
      ipv6: DOOR,
    },
    router: {
      protocol: enabled ? "igd" : null,
      address: enabled ? "203.0.113.7" : null,
      port: enabled ? 8443 : null,
      until: null,
      refusal: null,
    },
    diagnosis: { kind: enabled ? "single-nat-mapped" : "unknown", reason: null },
    certificate: enabled
      ? {
          names: ["k3v6q2wplm7xz4ra.tv.example"],
          issuer: "Let's Encrypt",
          notAfter: "2027-01-30T12:00:00.000Z",
          renewAt: "2027-01-01T12:00:00.000Z",
          problem: null,
        }
      : null,
    providers: [],
    addresses: {
      home: enabled ? "https://lan.k3v6q2wplm7xz4ra.tv.example:8443" : null,
      away: enabled ? "https://k3v6q2wplm7xz4ra.tv.example:8443" : null,
    },
  };
}

export function sampleSystem(): SystemState {
  const now = Date.now();
  return {
    version: "0.1.0",
    startedAt: iso(now - 76 * HOUR),
    canRestart: true,
    clock: { state: "synchronised", doubt: null, time: iso(now) },
    memory: { used: 143e6, free: 1.21e9, total: 2.05e9 },
    processor: { load: 0.42, cores: 4 },
    storage: {
      state: { path: "/var/lib/tellyport", free: 5.3e9, total: 14.8e9 },
      media: { used: 31e6, limit: 42e6 },
      timeShift: {
        minutes: 90,
        folder: { path: "/mnt/disk/timeshift", free: 212e9, total: 500e9 },
        ready: true,
        used: 3.1e9,
        limit: 8.6e9,
      },
      guide: { bytes: 9.4e6, until: iso(now + 7 * 24 * HOUR) },
    },
  };
}

export function sampleWatched(now: number): WatchedEntry[] {
  const rows = [
    ["Kitchen tablet", "Nova 24", "The World at Noon", 47, true],
    ["王小明的手机", "華視新聞資訊台", "三國演義 第十二集", 95, false],
    ["A Very Long Name For A Television In The Guest Room", "Arte", "Les grandes traversées", 12, true],
    [null, "Radio Classique", null, 180, true],
  ] as const;
  return Array.from({ length: 60 }, (_, index) => {
    const [name, channelName, title, minutes, home] = rows[index % rows.length] ?? rows[0];
    const to = now - 30 * MINUTE - index * 5 * HOUR;
    return {
      id: 1000 - index,
      client: name === null ? null : `client-${index % rows.length}`,
      name,
      channel: "news",
      channelName,
      title,
      from: iso(to - minutes * MINUTE),
      to: iso(to),
      seconds: minutes * 60 - 20,
      home,
    };
  });
}
