import fc from "fast-check";
import t from "tap";
import {
  igdWords,
  parseIgdDescription,
  parseSoapAnswer,
  soapRequest,
} from "../../../src/ddns-client/doors/igd.ts";
import {
  addMapping,
  addPinhole,
  deleteMapping,
  getMapping,
} from "../../../src/ddns-client/doors/igd-orders.ts";
import { parseSmallXml } from "../../../src/ddns-client/doors/small-xml.ts";

const FROM = new URL("http://192.168.1.1:49000/igddesc.xml");
const service = (type: string, control: string): string =>
  `<service><serviceType>urn:schemas-upnp-org:service:${type}</serviceType><serviceId>x</serviceId><controlURL>${control}</controlURL></service>`;
const description = (services: string, base = ""): string => `<?xml version="1.0"?>
<root xmlns="urn:schemas-upnp-org:device-1-0">${base === "" ? "" : `<URLBase>${base}</URLBase>`}
<device><deviceType>urn:schemas-upnp-org:device:InternetGatewayDevice:1</deviceType><friendlyName>My &lt;Router&gt;</friendlyName>
<serviceList>${service("Layer3Forwarding:1", "/l3f")}</serviceList>
<deviceList><device><deviceList><device><serviceList>${services}</serviceList></device></deviceList></device></deviceList>
</device></root>`;

t.test("igd: the services of a description, the best first", (t) => {
  const read = parseIgdDescription(
    description(
      service("WANPPPConnection:1", "/ppp") +
        service("WANIPConnection:1", "upnp/ip1") +
        service("WANIPConnection:2", "/ip2") +
        service("WANIPv6FirewallControl:1", "/fw"),
    ),
    FROM,
  );
  t.equal(read?.name, "My <Router>");
  t.same(
    read?.connections.map(({ type, control }) => `${type.split(":").slice(-2).join(":")} ${control.href}`),
    [
      "WANIPConnection:2 http://192.168.1.1:49000/ip2",
      "WANIPConnection:1 http://192.168.1.1:49000/upnp/ip1",
      "WANPPPConnection:1 http://192.168.1.1:49000/ppp",
    ],
  );
  t.equal(read?.firewall?.control.href, "http://192.168.1.1:49000/fw");
  t.end();
});

t.test("T16: a control URL elsewhere than on the router is none", (t) => {
  for (const control of [
    "http://127.0.0.1:8080/x",
    "http://192.168.1.2/x",
    "https://192.168.1.1/x",
    "//169.254.169.254/latest",
    "http://192.168.1.1@10.0.0.1/x",
    "http://user:secret@192.168.1.1/x",
    "ftp://192.168.1.1/x",
    "file:///etc/passwd",
    "http://[::ffff:10.0.0.1]/",
    "",
  ])
    t.equal(parseIgdDescription(description(service("WANIPConnection:1", control)), FROM), null, control);
  const based = (base: string) =>
    parseIgdDescription(description(service("WANIPConnection:1", "/ip"), base), FROM);
  t.equal(based("http://192.168.1.1:5000/")?.connections[0]?.control.href, "http://192.168.1.1:5000/ip");
  t.equal(
    based("http://10.0.0.1/")?.connections[0]?.control.href,
    "http://192.168.1.1:49000/ip",
    "a base elsewhere is passed over",
  );
  t.equal(based("nonsense")?.connections[0]?.control.href, "http://192.168.1.1:49000/ip");
  t.end();
});

t.test("igd: orders as text", (t) => {
  const type = "urn:schemas-upnp-org:service:WANIPConnection:1";
  const mapping = {
    client: "192.168.1.10",
    internalPort: 8443,
    externalPort: 443,
    lifetime: 7200,
    description: `<"Tom & Ann's">`,
  };
  const { headers, body } = soapRequest(type, addMapping(mapping));
  t.equal(headers["soapaction"], `"${type}#AddPortMapping"`);
  t.match(headers["content-type"], /^text\/xml/);
  t.ok(
    body.includes(
      `<u:AddPortMapping xmlns:u="${type}"><NewRemoteHost></NewRemoteHost><NewExternalPort>443</NewExternalPort><NewProtocol>TCP</NewProtocol><NewInternalPort>8443</NewInternalPort><NewInternalClient>192.168.1.10</NewInternalClient><NewEnabled>1</NewEnabled>`,
    ),
  );
  t.notMatch(body, /Tom & Ann/);
  const read = parseSmallXml(body);
  t.ok(read, "it is well-formed");
  t.match(JSON.stringify(read), /<\\"Tom & Ann's\\">/);
  for (const order of [getMapping(443), deleteMapping(443), addPinhole("2a01::1", 443, 60)])
    t.ok(parseSmallXml(soapRequest(type, order).body));
  t.end();
});

t.test("igd: answers and refusals", (t) => {
  const envelope = (inner: string): string =>
    `<?xml version="1.0"?><SOAP-ENV:Envelope xmlns:SOAP-ENV="http://schemas.xmlsoap.org/soap/envelope/"><SOAP-ENV:Body>${inner}</SOAP-ENV:Body></SOAP-ENV:Envelope>`;
  t.same(
    parseSoapAnswer(
      envelope(
        `<m:GetExternalIPAddressResponse xmlns:m="x"><NewExternalIPAddress> 5.5.5.5 </NewExternalIPAddress></m:GetExternalIPAddressResponse>`,
      ),
      "GetExternalIPAddress",
    ),
    { kind: "done", values: { NewExternalIPAddress: "5.5.5.5" } },
  );
  const fault = envelope(
    `<s:Fault xmlns:s="x"><faultcode>s:Client</faultcode><faultstring>UPnPError</faultstring><detail><UPnPError xmlns="urn:schemas-upnp-org:control-1-0"><errorCode>718</errorCode><errorDescription>Conflict\nIn\u0007Mapping</errorDescription></UPnPError></detail></s:Fault>`,
  );
  const refused = parseSoapAnswer(fault, "AddPortMapping");
  t.same(refused, null, "a control character is no XML");
  const plain = parseSoapAnswer(fault.replace("\u0007", " "), "AddPortMapping");
  t.same(plain, { kind: "refused", code: 718, words: "Conflict In Mapping" });
  t.equal(igdWords({ code: 718, words: "" }), "UPnP 718 ConflictInMappingEntry");
  t.equal(igdWords({ code: 999, words: "" }), "UPnP 999");
  t.equal(parseSoapAnswer(envelope("<a/>"), "AddPortMapping"), null);
  t.equal(parseSoapAnswer("", "AddPortMapping"), null);
  t.match(parseSoapAnswer(envelope("<s:Fault xmlns:s='x'/>"), "X"), { kind: "refused", code: 501 });
  t.end();
});

t.test("igd: whatever comes is a description, an answer, or nothing, soon", (t) => {
  const whole = description(service("WANIPConnection:1", "/ip"));
  const bent = fc
    .tuple(fc.nat(whole.length), fc.string({ maxLength: 20 }), fc.nat(40))
    .map(([at, put, cut]) => whole.slice(0, at) + put + whole.slice(at + cut));
  fc.assert(
    fc.property(fc.oneof(bent, fc.string({ maxLength: 2000 })), (text) => {
      parseIgdDescription(text, FROM);
      parseSoapAnswer(text, "AddPortMapping");
    }),
    { numRuns: 1500 },
  );
  const from = performance.now();
  t.equal(parseSmallXml("<a>".repeat(80_000)), null, "too deep");
  t.equal(parseSmallXml(`<a>${"<b/>".repeat(60_000)}</a>`), null, "too many");
  t.equal(parseSmallXml("x".repeat(300_000)), null, "too long");
  t.equal(
    parseSmallXml(`<!DOCTYPE a [<!ENTITY b "${"c".repeat(1000)}">]><a>&b;&b;</a>`),
    null,
    "entities of its own",
  );
  t.ok(performance.now() - from < 5000);
  t.end();
});
