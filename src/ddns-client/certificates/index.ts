export { AcmeAuthority, type AcmeDeps, type AcmeOptions } from "./acme/acme-authority.ts";
export type { ExternalAccount } from "./acme/signing.ts";
export { CertificateKeeper, type CertificateKeeperDeps } from "./certificate-keeper.ts";
export type { CertificateLog, LogEntry } from "./certificate-log.ts";
export { CertificateWatch, type CertificateWatchDeps } from "./certificate-watch.ts";
export { CERTIFICATE_STATE, certificateFiles, type CertificateFiles } from "./files.ts";
export { httpCertificateLog, type HttpCertificateLogDeps } from "./http-certificate-log.ts";
export { OwnCertificate, type OwnCertificateDeps } from "./own-certificate.ts";
export type {
  BoxCertificateSource,
  CertificateAuthority,
  CertificateState,
  DnsChallenges,
  OrderEnd,
  RenewalWindow,
  ServedCertificate,
} from "./ports.ts";
