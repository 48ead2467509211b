export { FetchFailure, type FetchTrouble } from "./failure.ts";
export { homeNetwork, type HomeNetwork } from "./home-network.ts";
export { isHomePort } from "./ports.ts";
export { HOME, judgeAddress, namedReach, PUBLIC, type Reach } from "./reach.ts";
export { refused, type FetchRefusal, type NameIt } from "./refusal.ts";
export {
  createSafeFetch,
  type FetchAnswer,
  type FetchLimits,
  type FetchRequest,
  type SafeFetch,
  type SafeFetchDeps,
} from "./safe-fetch.ts";
export { isReceivable } from "./receivable.ts";
