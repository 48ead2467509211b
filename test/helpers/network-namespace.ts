import { execFileSync, spawnSync } from "node:child_process";
import { chmod, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { temporaryFolder, type Teardown } from "./temporary.ts";

/** A network of the test's own, with one address that is not loopback. */
export interface NetworkNamespace {
  readonly address: string;
  /** To put before a command so that it runs in there. */
  readonly wrapper: readonly string[];
  /** A program that is `command` in there: for those who take a path and no arguments. */
  program(command: string): Promise<string>;
  /** Another machine on the same network, with a namespace of its own. */
  neighbour(): { readonly address: string; readonly wrapper: readonly string[] };
}

const NAME = `tellyport-${process.pid}`;
/** One may still be on its way out when the next is made. */
let made = 0;

/** For tap's `skip` option: false when namespaces can be made here, else the reason. */
export function skipWithoutNamespaces(): false | string {
  const probe = spawnSync("ip", ["netns", "add", `${NAME}-probe`], { encoding: "utf8" });
  if (probe.status !== 0)
    return `no network namespaces here: ${probe.stderr?.trim() || "ip is not installed"}`;
  spawnSync("ip", ["netns", "del", `${NAME}-probe`]);
  return false;
}

/** Makes the namespace; it goes with the test. */
export async function networkNamespace(t: Teardown): Promise<NetworkNamespace> {
  const own = `${NAME}-${++made}`;
  const ip = (...args: string[]): unknown => execFileSync("ip", args);
  const inside = (...args: string[]): unknown => ip("netns", "exec", own, "ip", ...args);
  ip("netns", "add", own);
  t.teardown(() => ip("netns", "del", own));
  inside("link", "add", "lan0", "type", "veth", "peer", "name", "lan1");
  inside("addr", "add", "10.77.0.1/24", "dev", "lan0");
  for (const link of ["lo", "lan0", "lan1"]) inside("link", "set", link, "up");
  const wrapper = ["ip", "netns", "exec", own];
  return {
    address: "10.77.0.1",
    wrapper,
    async program(command) {
      const path = join(await temporaryFolder(t), "program");
      await writeFile(path, `#!/bin/sh\nexec ${wrapper.join(" ")} ${command} "$@"\n`);
      await chmod(path, 0o755);
      return path;
    },
    neighbour() {
      const name = `${own}-neighbour`;
      ip("netns", "add", name);
      t.teardown(() => ip("netns", "del", name));
      inside("link", "set", "lan1", "netns", name);
      const there = (...args: string[]): unknown => ip("netns", "exec", name, "ip", ...args);
      there("addr", "add", "10.77.0.2/24", "dev", "lan1");
      for (const link of ["lo", "lan1"]) there("link", "set", link, "up");
      // Multicast has no way of its own in there.
      there("route", "add", "default", "dev", "lan1");
      return { address: "10.77.0.2", wrapper: ["ip", "netns", "exec", name] };
    },
  };
}
