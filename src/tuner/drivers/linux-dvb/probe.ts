import { IOCTL, packTsTap } from "./abi.ts";
import { failureOf } from "./device-failure.ts";
import { FrontEnd } from "./front-end.ts";
import { OPEN, type Libc } from "./libc.ts";
import type { DeviceFailure, DeviceNodes, Probe } from "./messages.ts";

/** More filters than this are as good as any number. */
const MOST_FILTERS = 64;
/** No broadcast uses it: filters for it disturb nobody. @see ISO/IEC 13818-1 table 2-3 */
const UNUSED_PID = 0x1ffe;

/**
 * Asks a front end what it is, beside whoever uses it.
 * @param thorough also open it for tuning, and count the filters that are free
 */
export function probe(libc: Libc, nodes: DeviceNodes, thorough: boolean): Probe | DeviceFailure {
  try {
    const watcher = new FrontEnd(libc, nodes.frontend, true);
    try {
      const info = watcher.info();
      const facts = watcher.facts(info);
      return {
        info,
        facts,
        filters: thorough ? countFilters(libc, nodes) : null,
        failure: thorough ? whyNotTunable(libc, nodes) : null,
      };
    } finally {
      watcher.close();
    }
  } catch (error) {
    return failureOf(error, nodes.adapter);
  }
}

function whyNotTunable(libc: Libc, nodes: DeviceNodes): DeviceFailure | null {
  try {
    new FrontEnd(libc, nodes.frontend).close();
    return null;
  } catch (error) {
    return failureOf(error, nodes.adapter);
  }
}

function countFilters(libc: Libc, nodes: DeviceNodes): number | null {
  const open: number[] = [];
  try {
    while (open.length < MOST_FILTERS) {
      const descriptor = libc.open(nodes.demux, OPEN.READ_WRITE | OPEN.NONBLOCK | OPEN.CLOSE_ON_EXEC);
      if (descriptor < 0) break;
      open.push(descriptor);
      if (libc.ioctl(descriptor, IOCTL.DMX_SET_PES_FILTER, packTsTap(UNUSED_PID)) < 0) {
        libc.close(descriptor);
        open.pop();
        break;
      }
    }
    return open.length === 0 ? null : open.length;
  } finally {
    for (const descriptor of open) libc.close(descriptor);
  }
}
