/**
 * How a box stands towards the internet, and the words for it: those of its web app and of its command line.
 */

/**
 * - `open`: the box itself has an address of the internet, and is reached there
 * - `single-nat-mapped`: the router's port leads to the box
 * - `single-nat-closed`: the router could lead a port to the box, and does not
 * - `double-nat`: another router stands before the router
 * - `carrier-grade-nat`: the provider gives the home no IPv4 address of its own
 * - `ds-lite`: the same, by IPv6 (RFC 6333)
 * - `firewall`: the addresses are right, and something lets nobody in
 * - `ipv6-only-open`: reached by IPv6, and not by IPv4
 * - `offline`: there is no internet
 * - `unknown`: not known yet
 */
export const REACHABILITIES = [
  "open",
  "single-nat-mapped",
  "single-nat-closed",
  "double-nat",
  "carrier-grade-nat",
  "ds-lite",
  "firewall",
  "ipv6-only-open",
  "offline",
  "unknown",
] as const;
export type Reachability = (typeof REACHABILITIES)[number];

/** Why a router's port is shut that could be open. */
export const CLOSED_REASONS = ["mapping-off", "mapping-refused", "router-silent"] as const;
export type ClosedReason = (typeof CLOSED_REASONS)[number];

/** What there is to say. */
export interface ReachabilityWords {
  /** What is the case, in a few words. */
  readonly title: string;
  /** What it means, and what can be done; empty: nothing has to be. */
  readonly advice: string;
}
type Words = Readonly<Record<Reachability | ClosedReason, ReachabilityWords>>;

const en: Words = {
  open: { title: "Reachable from the internet", advice: "" },
  "single-nat-mapped": { title: "Reachable through a port of your router", advice: "" },
  "single-nat-closed": {
    title: "Your router lets nobody in",
    advice: "Forward a port of your router to this box, or let the box do it.",
  },
  "mapping-off": {
    title: "The door is shut, as nobody has opened it",
    advice: "Allow the box to open a port of your router, or forward one there by hand.",
  },
  "mapping-refused": {
    title: "Your router does not let the box open a port",
    advice:
      "Allow it in the router's settings (port sharing, UPnP, NAT-PMP or PCP), or forward a port there by hand.",
  },
  "router-silent": {
    title: "Your router does not answer when the box asks for a port",
    advice: "Turn on UPnP, NAT-PMP or PCP in the router's settings, or forward a port there by hand.",
  },
  "double-nat": {
    title: "A second router stands between your router and the internet",
    advice:
      "Set the outer one to bridge mode, or connect the box to it. Or forward a port of the outer one to the inner one, and from there to this box.",
  },
  "carrier-grade-nat": {
    title: "Your provider shares one IPv4 address among many homes",
    advice:
      "No setting at home changes this. Ask your provider for a public IPv4 address, or use IPv6 where both sides have it.",
  },
  "ds-lite": {
    title: "Your provider carries IPv4 over IPv6 (DS-Lite)",
    advice:
      "The box can be reached by IPv6 only: allow it in the router's IPv6 firewall, or ask your provider for a public IPv4 address.",
  },
  firewall: {
    title: "The addresses are right, but nobody gets through",
    advice:
      "A firewall of the router, or the provider, stops it. Look at the router's firewall, and try another port.",
  },
  "ipv6-only-open": {
    title: "Reachable by IPv6, but not by IPv4",
    advice: "It works from networks with IPv6, as most mobile networks are. Elsewhere it may not.",
  },
  offline: {
    title: "The box has no internet",
    advice:
      "Look at its cable or Wi-Fi, and whether other devices at home have internet. At home it works all the same.",
  },
  unknown: { title: "Not known yet", advice: "This takes about a minute after the start." },
};

const zh: Words = {
  open: { title: "可从互联网访问", advice: "" },
  "single-nat-mapped": { title: "可通过路由器的端口访问", advice: "" },
  "single-nat-closed": {
    title: "路由器不允许外部访问",
    advice: "请在路由器上将一个端口转发到本机，或允许本机自动设置。",
  },
  "mapping-off": {
    title: "端口尚未打开",
    advice: "请允许本机在路由器上打开端口，或在路由器上手动设置端口转发。",
  },
  "mapping-refused": {
    title: "路由器不允许本机打开端口",
    advice: "请在路由器设置中允许（端口共享、UPnP、NAT-PMP 或 PCP），或手动设置端口转发。",
  },
  "router-silent": {
    title: "路由器没有回应打开端口的请求",
    advice: "请在路由器设置中开启 UPnP、NAT-PMP 或 PCP，或手动设置端口转发。",
  },
  "double-nat": {
    title: "您的路由器与互联网之间还有一台路由器",
    advice: "请将外层设备改为桥接模式，或把本机接到外层设备上；也可以先从外层转发端口到内层，再转发到本机。",
  },
  "carrier-grade-nat": {
    title: "运营商让多个家庭共用一个 IPv4 地址",
    advice: "家中的设置无法改变这一点。请向运营商申请公网 IPv4 地址，或在双方都支持时使用 IPv6。",
  },
  "ds-lite": {
    title: "运营商通过 IPv6 承载 IPv4（DS-Lite）",
    advice: "只能通过 IPv6 访问本机：请在路由器的 IPv6 防火墙中放行，或向运营商申请公网 IPv4 地址。",
  },
  firewall: {
    title: "地址正确，但外部无法连入",
    advice: "可能被路由器或运营商的防火墙拦截。请检查路由器防火墙，或换一个端口。",
  },
  "ipv6-only-open": {
    title: "可通过 IPv6 访问，不能通过 IPv4 访问",
    advice: "在支持 IPv6 的网络（多数移动网络）中可用，在其他网络中可能无法使用。",
  },
  offline: {
    title: "本机没有连接互联网",
    advice: "请检查网线或 Wi-Fi，以及家中其他设备能否上网。在家中仍可正常使用。",
  },
  unknown: { title: "尚不清楚", advice: "启动后大约需要一分钟。" },
};

/** Texts by language: English, simplified Chinese. */
export const REACHABILITY_WORDS = { en, zh } as const;
export type ReachabilityLanguage = keyof typeof REACHABILITY_WORDS;

/** The words for a person; of what is shut, for its reason. */
export function reachabilityWords(
  kind: Reachability,
  reason: ClosedReason | null,
  language: ReachabilityLanguage,
): ReachabilityWords {
  return REACHABILITY_WORDS[language][kind === "single-nat-closed" ? (reason ?? kind) : kind];
}
