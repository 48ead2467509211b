import { childText, elementsNamed, escapeXml, parseSmallXml } from "./small-xml.ts";

/**
 * An Internet Gateway Device as UPnP describes it: where it takes what orders, and their text.
 * @see UPnP Device Architecture 1.1 §2.3, §3.2; WANIPConnection:1 and :2, WANPPPConnection:1, WANIPv6FirewallControl:1
 */

/** What is searched for; one of the second version answers to the first as well. */
export const IGD_TARGETS = [
  "urn:schemas-upnp-org:device:InternetGatewayDevice:2",
  "urn:schemas-upnp-org:device:InternetGatewayDevice:1",
] as const;

/** Services that map ports, those first that are better to talk to. */
const CONNECTIONS = [
  "urn:schemas-upnp-org:service:WANIPConnection:2",
  "urn:schemas-upnp-org:service:WANIPConnection:1",
  "urn:schemas-upnp-org:service:WANPPPConnection:1",
] as const;
const FIREWALL = "urn:schemas-upnp-org:service:WANIPv6FirewallControl:1";

/** A service that takes orders. */
export interface IgdService {
  readonly type: string;
  /** On the address that the description came from. */
  readonly control: URL;
}
export interface IgdDescription {
  /** As people know the router; up to 64 characters. */
  readonly name: string;
  /** Those that map ports, the best first; at most 4, as routers with two lines have. */
  readonly connections: readonly IgdService[];
  readonly firewall: IgdService | null;
}

/**
 * Reads a description.
 * @param from its own address; services elsewhere than on that machine are left out
 * @returns null when it is not well-formed, or no gateway's
 */
export function parseIgdDescription(xml: string, from: URL): IgdDescription | null {
  const root = parseSmallXml(xml);
  if (root === null) return null;
  const base = childText(root, "URLBase");
  const services = elementsNamed(root, "service").flatMap((element): IgdService[] => {
    const control = controlUrl(childText(element, "controlURL"), base, from);
    return control === null ? [] : [{ type: childText(element, "serviceType"), control }];
  });
  const connections = CONNECTIONS.flatMap((type) => services.filter((service) => service.type === type));
  const firewall = services.find(({ type }) => type === FIREWALL) ?? null;
  if (connections.length === 0 && firewall === null) return null;
  const device = elementsNamed(root, "device")[0];
  const named =
    device === undefined ? "" : childText(device, "friendlyName") || childText(device, "modelName");
  return { name: cleanWords(named), connections: connections.slice(0, 4), firewall };
}

/** Relative to the base that a description of version 1.0 may name, or to the description. Anything beyond the machine is none. */
function controlUrl(path: string, base: string, from: URL): URL | null {
  if (path === "") return null;
  for (const start of [base, from.href]) {
    if (start === "" || !URL.canParse(path, start)) continue;
    const url = new URL(path, start);
    if (url.protocol === "http:" && url.hostname === from.hostname && url.username === "") return url;
  }
  return null;
}

/** An order to a service, by its arguments in the order of the standard. */
export interface IgdOrder {
  readonly action: string;
  readonly arguments: readonly (readonly [name: string, value: string | number])[];
}

/** Head and body of the request that carries an order. @see UPnP Device Architecture 1.1 §3.2.1 */
export function soapRequest(
  type: string,
  order: IgdOrder,
): { headers: Record<string, string>; body: string } {
  const values = order.arguments.map(([name, value]) => `<${name}>${escapeXml(String(value))}</${name}>`);
  const body = `<?xml version="1.0"?>
<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" s:encodingStyle="http://schemas.xmlsoap.org/soap/encoding/"><s:Body><u:${order.action} xmlns:u="${escapeXml(type)}">${values.join("")}</u:${order.action}></s:Body></s:Envelope>
`;
  return {
    headers: { "content-type": 'text/xml; charset="utf-8"', soapaction: `"${type}#${order.action}"` },
    body,
  };
}

/** What a service answered: values by their names, or its refusal. */
export type SoapAnswer =
  | { readonly kind: "done"; readonly values: Readonly<Record<string, string>> }
  | { readonly kind: "refused"; readonly code: number; readonly words: string };

/** Reads the answer to an order; null for what is none. @see UPnP Device Architecture 1.1 §3.2.2, §3.2.5 */
export function parseSoapAnswer(xml: string, action: string): SoapAnswer | null {
  const root = parseSmallXml(xml);
  if (root === null) return null;
  const error = elementsNamed(root, "UPnPError")[0];
  if (error !== undefined) {
    const code = Number(/^\d{1,5}$/.exec(childText(error, "errorCode"))?.[0] ?? 501);
    return { kind: "refused", code, words: cleanWords(childText(error, "errorDescription")) };
  }
  if (elementsNamed(root, "Fault")[0] !== undefined) return { kind: "refused", code: 501, words: "" };
  const answer = elementsNamed(root, `${action}Response`)[0];
  if (answer === undefined) return null;
  const values = new Map(answer.children.map(({ name, text }) => [name, text]));
  return { kind: "done", values: Object.fromEntries(values) };
}

/** Refusals that something is done about. @see WANIPConnection:2 §2.5, WANIPv6FirewallControl:1 §2.5 */
export const IGD_ERRORS = {
  invalidAction: 401,
  actionFailed: 501,
  notAuthorized: 606,
  /** Of the firewall: the owner allows no pinholes. */
  pinholesNotAllowed: 703,
  noSuchMapping: 714,
  conflict: 718,
  samePorts: 724,
  onlyPermanent: 725,
  noPortsAvailable: 728,
} as const;

/** What an error of UPnP is called, for those that routers leave without words. */
const ERROR_NAMES: Readonly<Record<number, string>> = {
  401: "Invalid Action",
  402: "Invalid Args",
  501: "Action Failed",
  606: "Action not authorized",
  703: "InboundPinholeNotAllowed",
  704: "NoSuchEntry",
  714: "NoSuchEntryInArray",
  715: "WildCardNotPermittedInSrcIP",
  716: "WildCardNotPermittedInExtPort",
  718: "ConflictInMappingEntry",
  724: "SamePortValuesRequired",
  725: "OnlyPermanentLeasesSupported",
  728: "NoPortMapsAvailable",
  729: "ConflictWithOtherMechanisms",
};

/** The refusal as text, in the router's own words. */
export function igdWords({ code, words }: { readonly code: number; readonly words: string }): string {
  const text = words || (ERROR_NAMES[code] ?? "");
  return text === "" ? `UPnP ${code}` : `UPnP ${code} ${text}`;
}

/** Printable, on one line, up to 64 characters: it is shown to people and written into logs. */
export function cleanWords(text: string): string {
  return text
    .replace(/[\p{C}\p{Z}]+/gu, " ")
    .trim()
    .slice(0, 64);
}
