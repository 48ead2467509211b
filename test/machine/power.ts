import { setTimeout as sleep } from "node:timers/promises";
import type { Test } from "tap";
import type { Channels } from "../../src/protocol/api.ts";
import { eventually } from "../helpers/daemon.ts";
import { KeyPhone } from "../helpers/key-phone.ts";
import { figure } from "./figure.ts";
import type { Machine } from "./machine.ts";

interface Power {
  readonly on: () => Promise<Machine>;
  readonly off: () => Promise<void>;
}

/** Ms of writing before a cut, at least and at most. */
const WRITING = [2000, 8000] as const;

/** What was acknowledged last, and what was asked for after that: either may be there when the power is back. */
class Written<T> {
  acknowledged: T | null = null;
  wished: T | null = null;
  times = 0;

  async write(value: T, write: (value: T) => Promise<{ status: number }>): Promise<void> {
    this.wished = value;
    const { status } = await write(value);
    if (status !== 200) throw new Error(`refused with ${status}: ${String(value)}`);
    this.acknowledged = value;
    this.times++;
  }

  holds(found: T): boolean {
    return this.acknowledged === null || found === this.acknowledged || found === this.wished;
  }
}

/** Cuts the power so many times while phones pair, a channel gets names and the owner changes a setting; each time the box is to know all that it acknowledged. */
export async function cutPowerOf(t: Test, power: Power, cuts: number): Promise<void> {
  const names = new Written<string>();
  const ports = new Written<number>();
  const phones: KeyPhone[] = [];
  let machine = await power.on();
  const channels = async (): Promise<Channels["channels"]> =>
    (await machine.local<Channels>("GET", "/api/v1/channels")).body.channels;
  const { id } = await eventually("there are channels", async () => (await channels())[0], 1_200_000, 2000);
  // The first is the owner's.
  if (!(await machine.local<{ claimed: boolean }>("GET", "/api/v1/box")).body.claimed)
    await KeyPhone.paired(machine);

  for (let cut = 1; cut <= cuts; cut++) {
    let going = true;
    const until = async (deed: (round: number) => Promise<void>): Promise<string | null> => {
      for (let round = 1; going; round++) {
        const failed = await deed(round).then(
          () => null,
          (error: unknown) => (going ? String(error) : null),
        );
        if (failed !== null) return failed;
      }
      return null;
    };
    const box = machine;
    const fresh: KeyPhone[] = [];
    const deeds = Promise.all([
      until(async (round) => {
        await names.write(`Name ${cut}.${round}`, (name) =>
          box.local("PATCH", `/api/v1/channels/${id}`, { name }),
        );
      }),
      until(async (round) => {
        await ports.write(10_000 + cut * 1000 + (round % 1000), (port) =>
          box.local("PATCH", "/api/v1/online", { port }),
        );
      }),
      until(async () => {
        // Of one household there are few.
        if (fresh.length >= 3) return sleep(50);
        fresh.push(await KeyPhone.paired(box, "viewer"));
      }),
    ]);
    const [least, most] = WRITING;
    await eventually(
      "something was acknowledged of each",
      () => names.times > 0 && ports.times > 0 && fresh.length > 0,
    );
    await sleep(least + Math.random() * (most - least));
    going = false;
    await power.off();
    t.same(await deeds, [null, null, null], `cut ${cut}: nothing was refused before`);
    phones.push(...fresh);

    machine = await power.on();
    const seconds = await machine.ready();
    const name = (await channels()).find((channel) => channel.id === id)?.name ?? "";
    t.ok(
      names.holds(name),
      `cut ${cut}: the channel has its name: ${name}, ${names.acknowledged} acknowledged`,
    );
    const settings = await machine.said("cat /var/lib/tellyport/settings.yaml");
    const port = Number(/port: (\d+)/.exec(settings)?.[1]);
    t.ok(ports.holds(port), `cut ${cut}: so has the setting: ${port}, ${ports.acknowledged} acknowledged`);
    for (const [index, phone] of phones.entries()) {
      const got = await getsIn(phone);
      t.equal(got, 200, `cut ${cut}: phone ${index + 1} gets in`);
    }
    t.equal(await machine.property("NRestarts"), "0", `cut ${cut}: it started at once`);
    figure(
      t,
      `cut ${cut}: ready ${seconds.toFixed(0)} s after power on; so far ${names.times} names, ${ports.times} settings, ${phones.length} phones acknowledged`,
    );
    // Those of before have been looked at often enough.
    for (const phone of phones.splice(0, Math.max(0, phones.length - 6)))
      await machine.local("DELETE", `/api/v1/clients/${phone.tokens?.client ?? ""}`);
  }
}

/** As its client would: with a new token when the old one has run out. */
async function getsIn(phone: KeyPhone): Promise<number> {
  const { status } = await phone.call("GET", "/api/v1/clients/self");
  if (status !== 401) return status;
  const renewed = await phone.refresh();
  return renewed.status === 200 ? (await phone.call("GET", "/api/v1/clients/self")).status : renewed.status;
}
