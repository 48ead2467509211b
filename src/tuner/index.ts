/** The tuner: from antenna to packets of one service. */
export * from "./ports.ts";
export { createTuners, type TunersDeps, type TunersOptions } from "./tuners.ts";
export { describeTuner, tunerRoutes } from "./routes.ts";
export { resolveNumbers } from "./resolve-numbers.ts";
export { ChannelScan, type ChannelScanDeps } from "./scan/channel-scan.ts";
export { FIRST_SCAN_FILE, FirstScan } from "./scan/first-scan.ts";
export { scanRoutes } from "./scan/routes.ts";
export { checkTarget } from "./scan/targets.ts";
export { LINE_UP_TABLES, createLineUpStore, type LineUpStore } from "./store.ts";
export { checkHdhomerun, checkLists, checkSatip, type SourceReport } from "./source-check.ts";
export { createMetrics, type MetricsDeps } from "./metrics.ts";
export { createFileSource, type FileSourceOptions } from "./drivers/file/index.ts";
export { createHdhomerunSource, type HdhomerunSourceOptions } from "./drivers/hdhomerun/index.ts";
export { createNetworkSource, type NetworkSourceOptions } from "./drivers/network/index.ts";
export { nameOfList } from "./drivers/network/read-list.ts";
export { createSatipSource, type SatipSourceOptions } from "./drivers/satip/index.ts";
export { createMockSource, mockRoutes, type MockSource } from "./drivers/mock/index.ts";
export type {
  AdapterDescription,
  AdapterProblem,
  DvbSystem,
} from "./drivers/linux-dvb/adapter-description.ts";
export { describeAdapters } from "./drivers/linux-dvb/adapters.ts";
export { createDvbSource, type DvbSourceOptions } from "./drivers/linux-dvb/index.ts";
