import { createSocket } from "node:dgram";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

export interface FakeSsdpDevice {
  /** UDP port that takes searches. */
  readonly port: number;
  readonly location: string;
  /** Searches that came. */
  readonly searches: string[];
  close(): Promise<void>;
}

/** A device on loopback that answers searches and serves its description over http. */
export async function fakeSsdpDevice(options: {
  readonly target: string;
  readonly uuid: string;
  readonly description: () => string;
  /** Whether it answers now; default always. */
  readonly alive?: () => boolean;
  /** Default: where the description is. */
  readonly location?: string;
}): Promise<FakeSsdpDevice> {
  const http = createServer((_, response) => response.end(options.description()));
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  const location = options.location ?? `http://127.0.0.1:${(http.address() as AddressInfo).port}/desc.xml`;
  const searches: string[] = [];
  const socket = createSocket("udp4");
  socket.on("message", (message, from) => {
    const search = message.toString();
    searches.push(search);
    if (options.alive?.() === false || !search.includes(`ST: ${options.target}\r\n`)) return;
    const answer = [
      "HTTP/1.1 200 OK",
      "CACHE-CONTROL: max-age=1800",
      "EXT:",
      `LOCATION: ${location}`,
      `ST: ${options.target}`,
      `USN: uuid:${options.uuid}::${options.target}`,
    ];
    socket.send(`${answer.join("\r\n")}\r\n\r\n`, from.port, from.address);
  });
  await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve));
  return {
    port: socket.address().port,
    location,
    searches,
    close: async () => {
      http.closeAllConnections();
      await Promise.all([
        new Promise<void>((resolve) => socket.close(() => resolve())),
        new Promise<void>((resolve) => http.close(() => resolve())),
      ]);
    },
  };
}
