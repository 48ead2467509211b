import { createSocket } from "node:dgram";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Way } from "../../src/ddns-client/doors/gateway.ts";
import { parseSmallXml, elementsNamed } from "../../src/ddns-client/doors/small-xml.ts";
import { IGD_TARGETS } from "../../src/ddns-client/doors/igd.ts";
import { fakeSsdpDevice } from "./fake-ssdp-device.ts";
import type { Teardown } from "./temporary.ts";

/** The way to a gateway that is on loopback, as the box is. */
export const LOOPBACK_WAY: Way = { family: 4, gateway: "127.0.0.1", client: "127.0.0.1", interface: "lo" };

export interface FakeUdpGateway {
  readonly port: number;
  readonly received: Buffer[];
}

/** Answers datagrams as it is told to; null: not at all. */
export async function fakeUdpGateway(
  t: Teardown,
  answer: (message: Buffer) => Buffer | readonly Buffer[] | null,
): Promise<FakeUdpGateway> {
  const socket = createSocket("udp4");
  const received: Buffer[] = [];
  socket.on("message", (message, from) => {
    received.push(message);
    for (const part of [answer(message) ?? []].flat()) socket.send(part, from.port, from.address);
  });
  await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve));
  t.teardown(() => new Promise<void>((resolve) => socket.close(() => resolve())));
  return { port: socket.address().port, received };
}

/** A PCP answer to a request, as RFC 6887 has it. */
export function pcpAnswer(
  request: Buffer,
  { result = 0, lifetime = 7200, epoch = 1000, port = 0, address = "5.5.5.5" } = {},
): Buffer {
  const answer = Buffer.alloc(60);
  request.copy(answer);
  answer[1] = request[1]! | 0x80;
  answer[2] = 0;
  answer[3] = result;
  answer.writeUInt32BE(request.readUInt32BE(4) === 0 ? 0 : lifetime, 4);
  answer.writeUInt32BE(epoch, 8);
  answer.fill(0, 12, 24);
  if (request.length < 60) return answer.subarray(0, 24);
  if (port > 0) answer.writeUInt16BE(port, 42);
  answer.set([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, ...address.split(".").map(Number)], 44);
  return answer;
}

/** A NAT-PMP answer to a request, as RFC 6886 has it. */
export function natPmpAnswer(
  request: Buffer,
  { result = 0, lifetime = 7200, epoch = 1000, port = 0, address = "5.5.5.5" } = {},
): Buffer {
  const isMap = request[1] === 2;
  const answer = Buffer.alloc(isMap ? 16 : 12);
  answer[1] = request[1]! | 0x80;
  answer.writeUInt16BE(result, 2);
  answer.writeUInt32BE(epoch, 4);
  if (isMap) {
    answer.writeUInt16BE(request.readUInt16BE(4), 8);
    answer.writeUInt16BE(port || request.readUInt16BE(6), 10);
    answer.writeUInt32BE(request.readUInt32BE(8) === 0 ? 0 : lifetime, 12);
  } else answer.set(address.split(".").map(Number), 8);
  return answer;
}

export interface IgdCall {
  readonly action: string;
  readonly values: Readonly<Record<string, string>>;
}
export interface FakeIgd {
  /** To be searched at. */
  readonly search: { readonly address: string; readonly port: number };
  readonly origin: string;
  readonly calls: IgdCall[];
}

/** An Internet Gateway Device that does what it is told; a number is a refusal. */
export async function fakeIgd(
  t: Teardown,
  options: {
    readonly services?: readonly string[];
    readonly answer: (call: IgdCall) => Readonly<Record<string, string>> | number;
    /** Default: where the description is. */
    readonly location?: string;
  },
): Promise<FakeIgd> {
  const calls: IgdCall[] = [];
  const { services = ["WANIPConnection:1"] } = options;
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (part: Buffer) => (body += part.toString()));
    request.on("end", () => {
      if (request.method === "GET") return void response.end(descriptionOf(services));
      const action = /#(\w+)"$/.exec(String(request.headers["soapaction"]))?.[1] ?? "";
      const root = parseSmallXml(body);
      const [order] = root === null ? [] : elementsNamed(root, action);
      const call = {
        action,
        values: Object.fromEntries(order?.children.map(({ name, text }) => [name, text]) ?? []),
      };
      calls.push(call);
      const answer = options.answer(call);
      response.statusCode = typeof answer === "number" ? 500 : 200;
      response.end(envelope(typeof answer === "number" ? faultOf(answer) : answerOf(action, answer)));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const device = await fakeSsdpDevice({
    target: IGD_TARGETS[1],
    uuid: "1",
    description: () => "",
    location: options.location ?? `${origin}/desc.xml`,
  });
  t.teardown(async () => {
    server.closeAllConnections();
    server.close();
    await device.close();
  });
  return { search: { address: "127.0.0.1", port: device.port }, origin, calls };
}

function descriptionOf(services: readonly string[]): string {
  const list = services.map(
    (type) =>
      `<service><serviceType>urn:schemas-upnp-org:service:${type}</serviceType><controlURL>/ctl/${type}</controlURL></service>`,
  );
  return `<?xml version="1.0"?><root xmlns="urn:schemas-upnp-org:device-1-0"><device><friendlyName>Fake</friendlyName><serviceList>${list.join("")}</serviceList></device></root>`;
}

function envelope(inner: string): string {
  return `<?xml version="1.0"?><s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>${inner}</s:Body></s:Envelope>`;
}

function answerOf(action: string, values: Readonly<Record<string, string>>): string {
  const parts = Object.entries(values).map(([name, value]) => `<${name}>${value}</${name}>`);
  return `<u:${action}Response xmlns:u="x">${parts.join("")}</u:${action}Response>`;
}

function faultOf(code: number): string {
  return `<s:Fault><faultcode>s:Client</faultcode><faultstring>UPnPError</faultstring><detail><UPnPError xmlns="urn:schemas-upnp-org:control-1-0"><errorCode>${code}</errorCode><errorDescription>as told</errorDescription></UPnPError></detail></s:Fault>`;
}
