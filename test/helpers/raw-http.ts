import { connect as connectPlain, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";

/** One of the daemon's doors. */
export type DoorOf =
  { readonly port: number; readonly tls?: boolean; readonly from?: string } | { readonly path: string };

export interface RawAnswer {
  /** null: the connection was closed without a word, or nothing was said in time. */
  readonly status: number | null;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** The other side closed the connection. */
  readonly closed: boolean;
}

export function openDoor(door: DoorOf): Socket {
  if ("path" in door) return connectPlain(door.path);
  const { port, tls, from } = door;
  const where = { port, host: "127.0.0.1", ...(from !== undefined && { localAddress: from }) };
  if (tls !== true) return connectPlain(where);
  // On top of a connection of ours: `tls.connect` alone would not take a local address.
  return connectTls({ socket: connectPlain(where), rejectUnauthorized: false });
}

/**
 * Sends a text exactly as it is and collects what comes until the other side closes, for `timeoutMs` at the most.
 * @param trickle sent every 200 ms after it
 */
export function literally(door: DoorOf, text: string, timeoutMs = 3000, trickle = ""): Promise<RawAnswer> {
  return new Promise((resolve) => {
    let got = "";
    let closed = false;
    const socket = openDoor(door);
    const drops = setInterval(() => socket.write(trickle), 200);
    const done = (): void => {
      clearInterval(drops);
      clearTimeout(timer);
      socket.destroy();
      const [head = "", ...rest] = got.split("\r\n\r\n");
      const [first = "", ...lines] = head.split("\r\n");
      const headers = Object.fromEntries(
        lines.map((line) => {
          const colon = line.indexOf(":");
          return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
        }),
      );
      const status = /^HTTP\/1\.1 (\d{3})/.exec(first)?.[1];
      resolve({
        status: status === undefined ? null : Number(status),
        headers,
        body: rest.join("\r\n\r\n"),
        closed,
      });
    };
    const timer = setTimeout(done, timeoutMs);
    socket.on("data", (chunk: Buffer) => {
      got += chunk.toString("latin1");
      // Whole, and the other side does not mean to close.
      const length = /\r\ncontent-length: (\d+)\r\n/i.exec(got)?.[1];
      const end = got.indexOf("\r\n\r\n");
      const stays = !/\r\nconnection: close\r\n/i.test(got);
      if (length !== undefined && stays && end >= 0 && got.length >= end + 4 + Number(length)) done();
    });
    socket.once("error", () => (closed = true));
    socket.once("end", () => (closed = true));
    socket.once("close", () => {
      closed = true;
      done();
    });
    socket.write(text);
  });
}

/** The code of a problem in an answer's body, if it is one. */
export function codeOf({ body }: RawAnswer): string | undefined {
  return /"code":"([a-z-]+)"/.exec(body)?.[1];
}
