import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { join } from "node:path";
import { eventually } from "../helpers/daemon.ts";
import type { Teardown } from "../helpers/temporary.ts";

const SECRET = "bench";
/** Valid for the whole run, epoch s. */
const EXPIRES = Math.floor(Date.now() / 1000) + 86_400;

/** A peer that serves files with `sendfile` and checks a signed link at each request, as the box checks a grant. */
export interface Nginx {
  readonly pid: number;
  readonly port: number;
  /** Path and query of a file with its proof. @param path from the root, begins with a slash */
  link(path: string): string;
}

/**
 * Starts one nginx process without access log; it ends with the bench.
 * @param folder for its own files
 * @param root of what it serves
 * @see https://nginx.org/en/docs/http/ngx_http_secure_link_module.html
 */
export async function startNginx(t: Teardown, folder: string, root: string): Promise<Nginx> {
  const port = await freePort();
  const config = join(folder, "nginx.conf");
  await mkdir(join(folder, "temporary"), { recursive: true });
  await writeFile(config, configuration(folder, root, port));
  const child = spawn("nginx", ["-c", config, "-p", folder], { stdio: ["ignore", "ignore", "pipe"] });
  let errors = "";
  child.stderr.on("data", (chunk: Buffer) => (errors += chunk.toString()));
  t.teardown(() => child.kill("SIGKILL"));
  if (child.pid === undefined) throw new Error("nginx cannot be started");
  const { pid } = child;
  await eventually("nginx answers", async () => {
    if (child.exitCode !== null) throw new Error(`nginx ended: ${errors}`);
    const answer = await fetch(`http://127.0.0.1:${port}/`).catch(() => null);
    // Without a proof nobody gets anything.
    return answer?.status === 403;
  });
  return { pid, port, link: (path) => `${path}?md5=${proofOf(path)}&expires=${EXPIRES}` };
}

const proofOf = (path: string): string =>
  createHash("md5").update(`${EXPIRES}${path} ${SECRET}`).digest("base64url");

function configuration(folder: string, root: string, port: number): string {
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
    .map((name) => `${name}_temp_path ${join(folder, "temporary", name)};`)
    .join("\n  ");
  return `daemon off; master_process off; pid ${join(folder, "nginx.pid")}; error_log stderr crit;
events { worker_connections 256; }
http {
  ${temporary}
  access_log off; sendfile on; tcp_nopush on; keepalive_requests 1000000;
  server {
    listen 127.0.0.1:${port};
    root ${root};
    location / {
      secure_link $arg_md5,$arg_expires;
      secure_link_md5 "$secure_link_expires$uri ${SECRET}";
      if ($secure_link = "") { return 403; }
      if ($secure_link = "0") { return 410; }
    }
  }
}
`;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
