import { createServer, request } from "node:http";
import { connect, createServer as createTcpServer } from "node:net";

/**
 * Somebody on the way between box and cloud: passes the box's requests on from his own address, and who dials that address is passed on
 * to the box. Prints each request that he passed on as a line of JSON; a line of JSON on standard input is sent to the cloud as it is.
 */
interface Wish {
  readonly address: string;
  readonly port: number;
  readonly cloud: { readonly host: string; readonly port: number };
  readonly box: { readonly host: string; readonly port: number };
}
const { address, port, cloud, box } = JSON.parse(process.argv[2] ?? "{}") as Wish;
const say = (line: object): void => void process.stdout.write(`${JSON.stringify(line)}\n`);

function pass(
  method: string,
  path: string,
  headers: NodeJS.Dict<string | string[]>,
  body: Buffer,
): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const out = request(
      { ...cloud, method, path, headers: { ...headers, host: `${address}:${port}` } },
      (answer) => {
        const parts: Buffer[] = [];
        answer.on("data", (part: Buffer) => parts.push(part));
        answer.on("end", () =>
          resolve({ status: answer.statusCode ?? 0, text: Buffer.concat(parts).toString() }),
        );
      },
    );
    out.on("error", reject);
    out.end(body);
  });
}

const server = createServer((incoming, response) => {
  const parts: Buffer[] = [];
  incoming.on("data", (part: Buffer) => parts.push(part));
  incoming.on("end", () => {
    const { method = "GET", url = "/", headers } = incoming;
    const body = Buffer.concat(parts);
    pass(method, url, headers, body).then(
      ({ status, text }) => {
        if (method === "POST") say({ passed: url, body: body.toString(), status, answer: text });
        response.writeHead(status, { "content-type": "application/json" }).end(text);
      },
      () => response.destroy(),
    );
  });
});
const doors = createTcpServer((socket) => {
  say({ dialled: true });
  const inner = connect(box);
  socket.pipe(inner).pipe(socket);
  for (const one of [socket, inner]) one.on("error", () => [socket.destroy(), inner.destroy()]);
});
server.listen(port, address, () => doors.listen(box.port, address, () => say({ ready: true })));

let rest = "";
process.stdin.on("data", (chunk: Buffer) => {
  const lines = (rest + chunk.toString()).split("\n");
  rest = lines.pop() ?? "";
  for (const line of lines) {
    const { path, body } = JSON.parse(line) as { path: string; body: string };
    const headers = { "content-type": "application/json", "content-length": String(Buffer.byteLength(body)) };
    void pass("POST", path, headers, Buffer.from(body)).then(
      ({ status, text }) => say({ sent: path, status, answer: text }),
      (error: unknown) => say({ sent: path, status: 0, answer: String(error) }),
    );
  }
});
