import { opendir, readlink } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { systemCode } from "../../../kernel/errors.ts";
import type { DeviceNodes } from "./messages.ts";

export interface FoundFrontend {
  /** Stable: the same for what is plugged in at the same place. */
  readonly id: string;
  readonly adapter: number;
  readonly frontend: number;
  /** `usb 1-1.4`; null when the system does not tell. */
  readonly bus: string | null;
  readonly nodes: DeviceNodes;
}

export interface DeviceFolders {
  /** Default `/dev/dvb`. */
  readonly devices: string;
  /** Default `/sys/class/dvb`. */
  readonly sysfs: string;
}

export const DEVICE_FOLDERS: DeviceFolders = { devices: "/dev/dvb", sysfs: "/sys/class/dvb" };

interface Located {
  readonly adapter: number;
  readonly frontend: number;
  readonly names: ReadonlySet<string>;
  /** Of the device that the adapter belongs to, below /sys/devices. */
  readonly place: string | null;
}

/** Every front end that has device nodes, by adapter and number. */
export async function findFrontends(folders: DeviceFolders): Promise<FoundFrontend[]> {
  const located: Located[] = [];
  for (const name of await namesIn(folders.devices)) {
    const adapter = /^adapter(\d{1,3})$/.exec(name)?.[1];
    if (adapter === undefined) continue;
    const names = new Set(await namesIn(join(folders.devices, name)));
    for (const each of names) {
      const frontend = /^frontend(\d{1,3})$/.exec(each)?.[1];
      if (frontend === undefined) continue;
      const place = await placeOf(join(folders.sysfs, `dvb${adapter}.frontend${frontend}`));
      located.push({ adapter: Number(adapter), frontend: Number(frontend), names, place });
    }
  }
  located.sort((a, b) => a.adapter - b.adapter || a.frontend - b.frontend);
  return located.map((one) => {
    const siblings = located.filter(({ place }) => place !== null && place === one.place);
    return {
      id: idOf(one, siblings.indexOf(one)),
      adapter: one.adapter,
      frontend: one.frontend,
      bus: one.place === null ? null : busOf(one.place),
      nodes: nodesOf(one, join(folders.devices, `adapter${one.adapter}`)),
    };
  });
}

/** opendir rather than readdir: it is the one that programs put in front of the C library see. */
async function namesIn(folder: string): Promise<string[]> {
  const names: string[] = [];
  try {
    for await (const entry of await opendir(folder)) names.push(entry.name);
  } catch (error) {
    const code = systemCode(error);
    // Not there, or going away just now.
    if (code === "ENOENT" || code === "ENOTDIR" || code === "EACCES") return names;
    throw error;
  }
  return names;
}

/** `/sys/class/dvb/dvb0.frontend0` leads to `.../usb1/1-1/1-1.4/dvb/dvb0.frontend0`. */
async function placeOf(link: string): Promise<string | null> {
  try {
    const device = dirname(dirname(await readlink(link)));
    return device.replace(/^(\.\.\/)+/, "").replace(/^.*\/sys\//, "");
  } catch {
    return null;
  }
}

/** The n-th front end of a device with several has the number in its name. */
function idOf({ adapter, frontend, place }: Located, nth: number): string {
  if (place === null) return frontend === 0 ? `dvb-${adapter}` : `dvb-${adapter}.${frontend}`;
  const name = busOf(place)
    .replace(" ", "-")
    .replace(/[^\w.:-]/g, "_");
  return nth === 0 ? `dvb-${name}` : `dvb-${name}.${nth}`;
}

function busOf(place: string): string {
  const name = basename(place);
  if (/\/usb\d+\//.test(`/${place}/`)) return `usb ${name}`;
  return /^[0-9a-f]{4}:[0-9a-f]{2}:/.test(name) ? `pci ${name}` : name;
}

/** Some boxes have several front ends on one demultiplexer. */
function nodesOf({ adapter, frontend, names }: Located, folder: string): DeviceNodes {
  const own = (kind: string): string =>
    join(folder, names.has(`${kind}${frontend}`) ? `${kind}${frontend}` : `${kind}0`);
  return {
    adapter,
    frontend: join(folder, `frontend${frontend}`),
    demux: own("demux"),
    dvr: own("dvr"),
  };
}
