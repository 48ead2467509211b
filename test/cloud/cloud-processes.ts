import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { NameRecords } from "../../src/cloud/ports.ts";
import type { Teardown } from "../helpers/temporary.ts";
import type { ChildOptions } from "./cloud.child.ts";

/** A name server that writes down what it is told, and by whom. */
export class Recorder {
  readonly names = new Map<string, NameRecords>();
  readonly told: { readonly instance: string; readonly names: readonly NameRecords[] }[] = [];
  /** Before a batch is applied; after it, nothing is answered until this resolves. */
  onPublish: (instance: string, names: readonly NameRecords[]) => Promise<void> = async () => undefined;
  origin = "";

  static async open(t: Teardown): Promise<Recorder> {
    const recorder = new Recorder();
    const server = createServer((request, response) => {
      let text = "";
      request.on("data", (chunk: Buffer) => (text += chunk.toString()));
      request.on(
        "end",
        () => void recorder.#answer(request.url ?? "", text).then((body) => response.end(body)),
      );
      request.on("error", () => undefined);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    recorder.origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    t.teardown(() => (server.closeAllConnections(), server.close()));
    return recorder;
  }

  async #answer(path: string, text: string): Promise<string> {
    const url = new URL(path, this.origin);
    if (url.pathname === "/read") {
      const sets = this.names.get(url.searchParams.get("name") ?? "")?.sets ?? [];
      return JSON.stringify(sets.find(({ type }) => type === url.searchParams.get("type"))?.values ?? []);
    }
    const instance = url.searchParams.get("instance") ?? "";
    const names = JSON.parse(text) as NameRecords[];
    // Half of a batch is there when its teller dies: it says so of none.
    for (const one of names.slice(0, names.length / 2)) this.#apply(one);
    await this.onPublish(instance, names);
    for (const one of names) this.#apply(one);
    this.told.push({ instance, names });
    return "{}";
  }

  #apply(one: NameRecords): void {
    if (one.sets.length === 0) this.names.delete(one.name);
    else this.names.set(one.name, one);
  }
}

export interface CloudProcess {
  readonly origin: string;
  readonly child: ChildProcess;
  /** SIGKILL. */
  kill(): Promise<void>;
}

/** An instance of the cloud in a process of its own. */
export async function cloudProcess(t: Teardown, options: ChildOptions): Promise<CloudProcess> {
  // This file may be bundled into any other.
  const script = fileURLToPath(import.meta.url).replace(/\/test\/.*$/, "/test/cloud/cloud.child.js");
  const args = ["--enable-source-maps", "--no-warnings=ExperimentalWarning", script, JSON.stringify(options)];
  const child = spawn(process.execPath, args, {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const kill = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill("SIGKILL");
    await once(child, "exit");
  };
  t.teardown(kill);
  const port = await new Promise<number>((resolve, reject) => {
    createInterface({ input: child.stdout }).on("line", (line) =>
      resolve((JSON.parse(line) as { port: number }).port),
    );
    child.once("exit", (code) => reject(new Error(`the cloud ended with ${code}`)));
  });
  return { origin: `http://127.0.0.1:${port}`, child, kill };
}
