import { connect, type Socket } from "node:net";

/** Asks for the same paths again and again on some connections, and prints what came. `argv`: port, seconds, paths. */

const [port = "0", seconds = "1", ...paths] = process.argv.slice(2);
/** As many as a few players hold open. */
const CONNECTIONS = 4;
const END_OF_HEAD = "\r\n\r\n";

let requests = 0;
let bytes = 0;

function client(at: number): Socket {
  let next = at;
  let head = "";
  let left = 0;
  const ask = (): void => {
    head = "";
    socket.write(`GET ${paths[next++ % paths.length]} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`);
  };
  const take = (chunk: Buffer): void => {
    let size = chunk.length;
    if (left === 0) {
      const before = head.length;
      head += chunk.toString("latin1");
      const end = head.indexOf(END_OF_HEAD);
      if (end < 0) return;
      const length = /^HTTP\/1\.1 200 .*\r\ncontent-length: (\d+)\r\n/is.exec(head.slice(0, end + 2))?.[1];
      if (length === undefined) throw new Error(`no such answer was expected: ${head}`);
      left = Number(length);
      size -= end + END_OF_HEAD.length - before;
    }
    left -= size;
    bytes += size;
    if (left > 0) return;
    requests++;
    ask();
  };
  const buffer = Buffer.allocUnsafe(256 * 1024);
  const socket = connect({
    port: Number(port),
    host: "127.0.0.1",
    // What comes is counted and forgotten: one buffer will do.
    onread: {
      buffer,
      callback: (size) => {
        take(buffer.subarray(0, size));
        return true;
      },
    },
  });
  socket.on("connect", ask);
  socket.on("error", (error) => {
    throw error;
  });
  socket.on("end", () => {
    throw new Error("the server closed the connection");
  });
  return socket;
}

const sockets = Array.from({ length: CONNECTIONS }, (_, n) => client(n));
setTimeout(
  () => {
    console.log(JSON.stringify({ requests, bytes }));
    for (const socket of sockets) socket.destroy();
  },
  Number(seconds) * 1000,
);
