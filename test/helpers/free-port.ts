import { createSocket } from "node:dgram";
import { createServer, type AddressInfo } from "node:net";

/** A port that nobody has just now, neither by TCP nor by UDP. @param address of this machine; default 127.0.0.1 */
export async function freePort(address = "127.0.0.1"): Promise<number> {
  for (;;) {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, address, resolve));
    const { port } = server.address() as AddressInfo;
    const free = await datagramPortFree(port, address);
    await new Promise((resolve) => server.close(resolve));
    if (free) return port;
  }
}

function datagramPortFree(port: number, address: string): Promise<boolean> {
  const socket = createSocket(address.includes(":") ? "udp6" : "udp4");
  return new Promise((resolve) => {
    socket.once("error", () => resolve(false));
    socket.bind(port, address, () => socket.close(() => resolve(true)));
  });
}
