export { buildApp, type AppDeps } from "./app.ts";
export { boxRoute } from "./box-route.ts";
export {
  createListeners,
  daemonAnswers,
  holdState,
  refuseSecondDaemon,
  type Listeners,
} from "./listeners.ts";
export { isOnLink, requestPeer, TrustedProxies } from "./origin.ts";
export {
  hostNames,
  localAddress,
  machineAddresses,
  nearbyOf,
  neighbourAddresses,
  OwnNames,
  publicAddress,
} from "./own-names.ts";
export { NamedCertificates, namesOf, type ServedCertificate } from "./named-certificates.ts";
export { DEFAULT_RATES, RateGuard, type RateLimits } from "./rate-guard.ts";
export type { ConnectionLimits } from "./connection-table.ts";
export { webApp } from "./web-app.ts";
export { createAnnouncers } from "./announce/announcers.ts";
export { descriptionRoute } from "./announce/description-route.ts";
export type { Authenticator } from "./ports.ts";
