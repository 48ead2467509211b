import { createServer } from "node:net";
import type { NetworkInterfaceInfo } from "node:os";
import { systemCode } from "../../kernel/errors.ts";
import { ok, problem, warning, type Finding } from "./finding.ts";

/** @param interfaces as `networkInterfaces()` of node:os has them */
export function checkNetwork(interfaces: NodeJS.Dict<NetworkInterfaceInfo[]>): Finding {
  const there = Object.entries(interfaces).flatMap(([name, addresses = []]) =>
    addresses.filter(({ internal }) => !internal).map(({ address, scopeid }) => ({ name, address, scopeid })),
  );
  // Those of the link alone lead nobody here but neighbours.
  const shown = there.filter(({ scopeid }) => scopeid === undefined || scopeid === 0);
  if (shown.length > 0)
    return ok("network", shown.map(({ name, address }) => `${address} (${name})`).join(", "));
  return problem(
    "network",
    "This machine has no address but its own: connect its cable or its wireless network. Phones do not find it until then.",
  );
}

/**
 * Tries the daemon's ports while it does not run.
 * @param address of the configuration
 * @param ports by their keys in the configuration; 0 is any that is free
 */
export function checkPorts(address: string, ports: Readonly<Record<string, number>>): Promise<Finding[]> {
  const wanted = Object.entries(ports).filter(([, port]) => port !== 0);
  return Promise.all(wanted.map(([key, port]) => checkPort(address, key, port)));
}

async function checkPort(address: string, key: string, port: number): Promise<Finding> {
  const subject = `port ${port}`;
  const code = await tryPort(address, port);
  if (code === null) return ok(subject, `is free (${key})`);
  if (code === "EADDRINUSE")
    return warning(
      subject,
      `Another program listens there: end that one, or choose another port with ${key}. It is well when that is the service manager, which hands it over.`,
    );
  if (code === "EACCES")
    return problem(
      subject,
      `This user may not open it: choose one from 1024 up with ${key}, or let the service manager open it (tellyport.socket).`,
    );
  return problem(subject, `It cannot be opened at ${address} (${code}): check http.address and ${key}.`);
}

/** @returns null when it can be listened on, else what the system says */
function tryPort(host: string, port: number): Promise<string | null> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", (error) => resolve(systemCode(error) ?? error.message));
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(null)));
  });
}
