import type { Log } from "./log.ts";
import { messageOf } from "./errors.ts";

/** Tells the service manager how we are (sd_notify(3)); does nothing when there is none. */
export interface ServiceManager {
  ready(): void;
  stopping(): void;
  status(text: string): void;
  watchdog(): void;
  /** Half the watchdog's period, or null when the unit sets none. */
  readonly watchdogIntervalMs: number | null;
}

const NOBODY: ServiceManager = {
  ready() {},
  stopping() {},
  status() {},
  watchdog() {},
  watchdogIntervalMs: null,
};

/**
 * Connects to `$NOTIFY_SOCKET`. Node has no unix datagram socket, so libc is called directly, loaded only when asked for.
 * @param env `NOTIFY_SOCKET`, `WATCHDOG_USEC`
 */
export async function connectServiceManager(env: NodeJS.ProcessEnv, log: Log): Promise<ServiceManager> {
  const path = env.NOTIFY_SOCKET;
  if (path === undefined || path === "") return NOBODY;
  let send: (message: string) => void;
  try {
    send = await datagramSender(path);
  } catch (error) {
    log.warn({ error: messageOf(error) }, "service-manager-unreachable");
    return NOBODY;
  }
  const watchdogUsec = Number(env.WATCHDOG_USEC ?? 0);
  return {
    ready: () => send("READY=1"),
    stopping: () => send("STOPPING=1"),
    status: (text) => send(`STATUS=${text.replaceAll("\n", " ")}`),
    watchdog: () => send("WATCHDOG=1"),
    watchdogIntervalMs: watchdogUsec > 0 ? watchdogUsec / 2000 : null,
  };
}

const AF_UNIX = 1;
const SOCK_DGRAM = 2;
const SOCK_CLOEXEC = 0o2000000;

async function datagramSender(path: string): Promise<(message: string) => void> {
  const { default: koffi } = await import("koffi");
  const libc = koffi.load(null);
  const socket = libc.func("int socket(int, int, int)");
  const sendto = libc.func("long sendto(int, const void*, size_t, int, const void*, unsigned int)");
  const fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0) as number;
  if (fd < 0) throw new Error(`socket: errno ${koffi.errno()}`);
  // sockaddr_un: family, then the path; a leading @ means the abstract name space (a NUL byte).
  const name = Buffer.from(path.startsWith("@") ? `\0${path.slice(1)}` : `${path}\0`);
  const address = Buffer.alloc(2 + name.length);
  address.writeUInt16LE(AF_UNIX, 0);
  name.copy(address, 2);
  return (message) => {
    const bytes = Buffer.from(message);
    sendto(fd, bytes, bytes.length, 0, address, address.length);
  };
}

/** The first of the sockets that a service manager hands over. */
const FIRST_HANDED = 3;

/**
 * Sockets that the service manager has opened for this process, by the names that the socket unit gives them
 * (`FileDescriptorName=`). Ports below 1024 need no right of the daemon's then, and connections wait while it begins again.
 * @param env `LISTEN_PID`, `LISTEN_FDS`, `LISTEN_FDNAMES`
 * @param pid of this process: what was meant for another one is left alone
 * @returns file descriptors; the first one of each name
 * @see sd_listen_fds(3)
 */
export function handedSockets(env: NodeJS.ProcessEnv, pid: number): ReadonlyMap<string, number> {
  const handed = new Map<string, number>();
  if (Number(env.LISTEN_PID) !== pid) return handed;
  const names = (env.LISTEN_FDNAMES ?? "").split(":");
  const count = Number(env.LISTEN_FDS);
  for (let at = 0; at < count; at++) {
    const name = names[at] ?? "";
    if (!handed.has(name)) handed.set(name, FIRST_HANDED + at);
  }
  return handed;
}
