import { createRequire } from "node:module";
import { messageOf } from "../../kernel/errors.ts";
import { DESCRIPTION_PATH, DEVICE_TYPE, ownAddresses, type SsdpAdvertiser } from "./ssdp.ts";

interface NodeSsdpServer {
  addUSN(usn: string): void;
  start(): Promise<void> | void;
  stop(): void;
}
interface NodeSsdp {
  Server: new (options: Record<string, unknown>) => NodeSsdpServer;
}

/**
 * The same announcement through the node-ssdp package, for those who prefer it (`announce.ssdp: node-ssdp`). It cannot
 * use loopback, and has had no release for years: this file is all that knows it.
 */
export const nodeSsdp: SsdpAdvertiser = (options) => {
  let server: NodeSsdpServer | null = null;
  return {
    name: "ssdp",
    async start() {
      const { Server } = createRequire(import.meta.url)("node-ssdp") as NodeSsdp;
      const address = (options.interfaces ?? ownAddresses)()[0];
      if (address === undefined) return;
      const starting = new Server({
        location: `http://${address}:${options.port()}${DESCRIPTION_PATH}`,
        udn: `uuid:${options.boxId}`,
        ssdpSig: `Linux UPnP/1.1 Tellyport/${options.version}`,
        customLogger: () => undefined,
      });
      starting.addUSN("upnp:rootdevice");
      starting.addUSN(DEVICE_TYPE);
      try {
        await starting.start();
        server = starting; // stop() before a start that succeeded would throw.
      } catch (error) {
        options.log.warn({ error: messageOf(error) }, "ssdp-unavailable");
      }
    },
    stop: () => server?.stop(),
  };
};
