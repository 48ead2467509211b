import { availableParallelism, loadavg } from "node:os";

/** Processes that want to run, for each core: beyond this a still would cost somebody else. */
const BUSY = 0.8;

/** Pure. @param load of the last minute, processes @param cores 1.. */
export const isBusy = (load: number, cores: number): boolean => load > BUSY * cores;

/** Whether this machine has more to do than stills; false where the system does not tell. */
export const boxIsBusy = (): boolean => isBusy(loadavg()[0] ?? 0, availableParallelism());
