import type { FastifyPluginAsync } from "fastify";
import { OPEN } from "../../protocol/access.ts";
import { DESCRIPTION_PATH, DEVICE_TYPE } from "./ssdp.ts";

const escapeXml = (text: string): string =>
  text.replace(/[<>&"']/g, (letter) => `&#${letter.charCodeAt(0)};`);

/** The device description that SSDP points at. @see UPnP Device Architecture 2.0 §2.3 */
export function descriptionRoute(box: {
  id: string;
  name: () => string;
  version: string;
}): FastifyPluginAsync {
  return async (app) => {
    app.get(DESCRIPTION_PATH, { config: { access: OPEN }, schema: { hide: true } }, (_request, reply) => {
      void reply.type("text/xml; charset=utf-8");
      return `<?xml version="1.0"?>
<root xmlns="urn:schemas-upnp-org:device-1-0"><specVersion><major>2</major><minor>0</minor></specVersion>
<device><deviceType>${DEVICE_TYPE}</deviceType><friendlyName>${escapeXml(box.name())}</friendlyName>
<manufacturer>Tellyport</manufacturer><modelName>Tellyport</modelName><modelNumber>${escapeXml(box.version)}</modelNumber>
<UDN>uuid:${box.id}</UDN><presentationURL>/</presentationURL></device></root>
`;
    });
  };
}
