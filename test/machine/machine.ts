import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Offer } from "../../src/protocol/api.ts";
import { eventually } from "../helpers/daemon.ts";
import { onTheWire } from "../helpers/key-phone.ts";
import type { Teardown } from "../helpers/temporary.ts";
import type { Image } from "./image.ts";
import { Shell, type Answer } from "./shell.ts";

/** Port in the machine behind which the daemon's own socket is: see image.ts. */
export const CONTROL_PORT = 9000;
/** Ms that a start may take on a machine that does much else. */
const BOOT = 1_200_000;

/** Of this machine, that lead to the box's page over http, over https, and to the daemon's own socket. */
export type Ports = readonly [number, number, number];

/** A small box: two cores of a Cortex-A53, 512 MB, a disk that is never written and one that is. */
export class Machine {
  /** Where its page is, seen from here. */
  readonly url: string;
  /** Port on loopback behind which its https listener is. */
  readonly https: number;
  readonly #child: ChildProcess;
  readonly #shell: Shell;
  readonly #control: string;
  readonly #began = performance.now();
  #readyAfter = 0;

  private constructor(child: ChildProcess, shell: Shell, ports: Ports) {
    this.#child = child;
    this.#shell = shell;
    this.url = `http://127.0.0.1:${ports[0]}`;
    this.https = ports[1];
    this.#control = `http://127.0.0.1:${ports[2]}`;
  }

  /** Turns the power on. */
  static async on(t: Teardown, image: Image, ports: Ports): Promise<Machine> {
    const path = join(image.folder, "shell.sock");
    rmSync(path, { force: true });
    const forwards = [8080, 8443, CONTROL_PORT].map(
      (port, index) => `hostfwd=tcp:127.0.0.1:${ports[index]}-:${port}`,
    );
    const disks = [image.root, image.data, image.gifts].flatMap((file, index) => [
      ...[
        "-drive",
        `file=${file},if=none,id=d${index},format=raw${file === image.data ? "" : ",readonly=on"}`,
      ],
      ...["-device", `virtio-blk-pci,drive=d${index}`],
    ]);
    const args = [
      ...["-M", "virt", "-cpu", "cortex-a53", "-smp", "2", "-m", "512", "-accel", "tcg,thread=multi"],
      ...["-display", "none", "-monitor", "none", "-no-reboot", "-serial", `file:${image.console}`],
      ...["-kernel", image.kernel, "-initrd", image.initramfs],
      ...["-append", `console=ttyAMA0 ro quiet systemd.volatile=state systemd.show_status=false`],
      ...disks,
      ...["-netdev", `user,id=net,${forwards.join(",")}`, "-device", "virtio-net-pci,netdev=net,romfile="],
      ...["-device", "virtio-rng-pci", "-device", "virtio-serial-pci"],
      ...["-chardev", `socket,id=shell,path=${path},server=on,wait=off`],
      ...["-device", "virtserialport,chardev=shell,name=tellyport.shell"],
    ];
    const child = spawn("nice", ["-n", "19", "qemu-system-aarch64", ...args], {
      stdio: ["ignore", "ignore", "inherit"],
    });
    t.teardown(() => child.kill("SIGKILL"));
    const ended = once(child, "exit").then(([code]) => {
      throw new Error(`the machine ended with ${String(code)}`);
    });
    ended.catch(() => undefined);
    return new Machine(child, await Promise.race([Shell.open(path), ended]), ports);
  }

  /** Waits until the service says that it is ready. @returns seconds from when the power was turned on until it was so first */
  async ready(): Promise<number> {
    try {
      // From outside: a question inside costs the box what it needs to start.
      await eventually(
        "it answers",
        async () => (await fetch(`${this.url}/healthz`).catch(() => null))?.ok,
        BOOT,
      );
      await eventually(
        "tellyport.service is ready",
        async () => (await this.property("ActiveState")) === "active",
        BOOT,
        1000,
      );
    } catch (error) {
      throw new Error(`${String(error)}\n${await this.journal()}\n${this.#console()}`, { cause: error });
    }
    this.#readyAfter ||= (performance.now() - this.#began) / 1000;
    return this.#readyAfter;
  }

  ask(command: string, timeoutMs?: number): Promise<Answer> {
    return this.#shell.ask(command, timeoutMs);
  }

  /** What a command says that is to go well. @throws with what it said */
  async said(command: string): Promise<string> {
    const { code, text } = await this.ask(command);
    if (code !== 0) throw new Error(`${command} ended with ${code}: ${text}\n${await this.journal()}`);
    return text;
  }

  /** A property of a unit, as the service manager has it. */
  async property(name: string, unit = "tellyport.service"): Promise<string> {
    return (await this.ask(`systemctl show ${unit} -p ${name} --value`)).text;
  }

  async journal(unit = "tellyport"): Promise<string> {
    return (await this.ask(`journalctl -u ${unit} -o cat --no-pager -n 60`)).text;
  }

  /** A call of the box's own command line, as the local owner. */
  async local<T = unknown>(
    method: string,
    path: string,
    body?: unknown,
  ): Promise<{ status: number; body: T }> {
    const headers = { host: "localhost" };
    const { status, body: answer } = await onTheWire(this.#control, path, {
      method,
      headers,
      timeoutMs: 120_000,
      ...(body !== undefined && { body }),
    });
    return { status, body: answer };
  }

  async openOffer(role?: string): Promise<Offer> {
    const answer = await this.local<Offer>("POST", "/api/v1/offers", role === undefined ? {} : { role });
    if (answer.status >= 300) throw new Error(`no offer: ${JSON.stringify(answer.body)}`);
    return answer.body;
  }

  /** The power goes, at once. */
  async cut(): Promise<void> {
    this.#shell.close();
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    this.#child.kill("SIGKILL");
    await once(this.#child, "exit");
  }

  #console(): string {
    const at = this.#child.spawnargs.find((one) => one.startsWith("file:"))?.slice("file:".length) ?? "";
    return readFileSync(at, "utf8").slice(-3000);
  }
}
