import { IOCTL, packTsTap } from "./abi.ts";
import { check, FrontEnd } from "./front-end.ts";
import { OPEN, type Libc } from "./libc.ts";
import type { DeviceNodes } from "./messages.ts";
import { PidFilters } from "./pid-filters.ts";

/** The devices of a tuner that receives. */
export interface OpenDevices {
  readonly nodes: DeviceNodes;
  readonly frontEnd: FrontEnd;
  /** Descriptor of the device that the packets are read from. */
  readonly dvr: number;
  readonly filters: PidFilters;
}

/** Of the kernel; smaller ones are asked for where memory is short. */
const BUFFER_BYTES = [8 << 20, 4 << 20, 2 << 20];

/**
 * Opens front end and dvr device; each PID filter opens the demultiplexer for itself.
 * @throws DeviceError
 */
export function openDevices(libc: Libc, nodes: DeviceNodes): OpenDevices {
  const frontEnd = new FrontEnd(libc, nodes.frontend);
  try {
    const flags = OPEN.READ | OPEN.NONBLOCK | OPEN.CLOSE_ON_EXEC;
    const dvr = check("open", libc.open(nodes.dvr, flags));
    for (const size of BUFFER_BYTES) if (libc.ioctlValue(dvr, IOCTL.DMX_SET_BUFFER_SIZE, size) >= 0) break;
    const filters = new PidFilters({
      add: (pid) => addFilter(libc, nodes.demux, pid),
      remove: (descriptor) => void libc.close(descriptor),
    });
    return { nodes, frontEnd, dvr, filters };
  } catch (error) {
    frontEnd.close();
    throw error;
  }
}

export function closeDevices(libc: Libc, open: OpenDevices): void {
  open.filters.clear();
  libc.close(open.dvr);
  open.frontEnd.close();
}

function addFilter(libc: Libc, demux: string, pid: number): number {
  const descriptor = libc.open(demux, OPEN.READ_WRITE | OPEN.NONBLOCK | OPEN.CLOSE_ON_EXEC);
  if (descriptor < 0) return descriptor;
  const result = libc.ioctl(descriptor, IOCTL.DMX_SET_PES_FILTER, packTsTap(pid));
  if (result >= 0) return descriptor;
  libc.close(descriptor);
  return result;
}
