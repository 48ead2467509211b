import { createSocket } from "node:dgram";
import type { Way } from "./gateway.ts";

/** Where routers tell everybody on the link of a new address or a new start. @see RFC 6886 §3.2.1, RFC 6887 §14.1 */
export const ANNOUNCE_PORT = 5350;
const GROUPS = { 4: "224.0.0.1", 6: "ff02::1" } as const;

/**
 * Listens for what the router announces. What it says is not believed, as anybody on the link can say it: who hears it asks the router.
 * @param port default 5350
 * @returns a function that ends it
 */
export function listenForAnnouncements(way: Way, heard: () => void, port = ANNOUNCE_PORT): () => void {
  const socket = createSocket({ type: way.family === 4 ? "udp4" : "udp6", reuseAddr: true });
  let isOpen = true;
  const close = (): void => {
    if (!isOpen) return;
    isOpen = false;
    socket.close();
  };
  socket.on("error", close);
  socket.on("message", (message, from) => {
    const same = from.address.replace(/%.*$/, "") === way.gateway.replace(/%.*$/, "");
    // Of either protocol an answer that nobody asked for.
    if (same && message.length >= 12 && (message[1]! & 0x80) !== 0) heard();
  });
  socket.bind(port, () => {
    if (!isOpen) return;
    try {
      socket.addMembership(GROUPS[way.family], way.family === 4 ? way.client : `::%${way.interface}`);
    } catch {
      close(); // An interface that went away; polls find out too.
    }
  });
  return close;
}
