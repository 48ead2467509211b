import t from "tap";
import { ACTIONS, type Registration } from "../../src/protocol/registration.ts";
import { eventually } from "../helpers/daemon.ts";
import { skipWithoutPostgres, startPostgres } from "../helpers/postgres.ts";
import { call, RegisteringBox } from "../helpers/registering-box.ts";
import { temporaryFolder } from "../helpers/temporary.ts";
import { cloudProcess, Recorder, type CloudProcess } from "./cloud-processes.ts";
import { from } from "./cloud-in-test.ts";

const ZONE = "box.test";
/** The same whichever instance is asked. */
const ORIGIN = "https://cloud.test";

const configOf = (state: string, database: string): object => ({
  state: { directory: state },
  database,
  http: { address: "127.0.0.1", port: 0, origins: [ORIGIN], trustedProxies: ["127.0.0.1"] },
  zone: { name: ZONE },
  limits: {
    requestsPerBoxHour: 100_000,
    enrolmentsPerNetworkHour: 10_000,
    enrolmentsPerRegionHour: 10_000,
    requestsPerSenderSecond: 10_000,
  },
});

/** An action by way of one instance. */
async function send<T>(
  box: RegisteringBox,
  instance: CloudProcess,
  act: "enrol" | "update" | "state" | "withdraw" | "challenge",
  more: object,
  address: string,
): Promise<{ status: number; body: T & { code?: string } }> {
  const request = box.jws(box.payload(act, ORIGIN, more));
  return call<T>(instance.origin, "POST", ACTIONS[act].path(box.id), JSON.stringify({ request }), {
    ...from(address),
    host: "cloud.test",
  });
}

const addressOf = (box: number, turn: number): string => `93.184.${box + 1}.${turn + 1}`;
const UPDATE = { address: null, port: 8443, lan: ["192.168.1.2"] };

t.test(
  "two instances on one PostgreSQL: the leader is killed in mid-flush, and nothing is lost or wrong",
  { skip: skipWithoutPostgres(), timeout: 120_000 },
  async (t) => {
    const database = await (await startPostgres(t)).database();
    const recorder = await Recorder.open(t);
    const start = async (instance: string): Promise<CloudProcess> =>
      cloudProcess(t, {
        config: configOf(await temporaryFolder(t), database),
        recorder: recorder.origin,
        instance,
      });
    const instances = new Map([["a", await start("a")]]);
    instances.set("b", await start("b"));
    const anyOf = (at: number): CloudProcess => {
      const all = [...instances.values()];
      return all[at % all.length] as CloudProcess;
    };

    const boxes = Array.from({ length: 12 }, () => new RegisteringBox());
    await Promise.all(
      boxes.map(async (box, at) => {
        const { status, body } = await send(box, anyOf(at), "enrol", { version: "1" }, "93.184.0.1");
        t.equal(status, 200, JSON.stringify(body));
      }),
    );
    const killed: string[] = [];
    const starting: Promise<void>[] = [];
    let armed = false;
    recorder.onPublish = async (instance) => {
      if (!armed || killed.includes(instance)) return;
      armed = false;
      killed.push(instance);
      await instances.get(instance)?.kill();
      instances.delete(instance);
      starting.push(start(`${instance}'`).then((one) => void instances.set(`${instance}'`, one)));
      // What its last words were arrives when another leads already.
      await new Promise((resolve) => setTimeout(resolve, 2000));
    };
    /** Address of each box whose update was acknowledged last. */
    const acknowledged = new Map<string, { address: string; seq: number }>();
    for (let turn = 0; turn < 4; turn++) {
      armed = true;
      await Promise.all(
        boxes.map(async (box, at) => {
          const address = addressOf(at, turn);
          for (let attempt = 0; ; attempt++) {
            const answer = await send<Registration>(
              box,
              anyOf(at + attempt),
              "update",
              UPDATE,
              address,
            ).catch(() => null);
            // Its instance died: the box tries another, with its next number.
            if (answer === null && attempt < 200) {
              await new Promise((resolve) => setTimeout(resolve, 100));
              continue;
            }
            t.equal(answer?.status, 200, JSON.stringify(answer?.body));
            t.equal(answer?.body.doors.ipv4.state, "direct");
            acknowledged.set(box.id, { address, seq: box.seq });
            return;
          }
        }),
      );
      await eventually(
        "the leader was killed in the middle of it",
        () => killed.length > turn || turn > 1,
        45_000,
      );
    }
    t.ok(killed.length >= 2, `killed ${killed.join(", ")}`);
    recorder.onPublish = async () => undefined;
    await Promise.all(starting);

    await eventually(
      "the name server has everything",
      () =>
        boxes.every((box) => {
          const wanted = acknowledged.get(box.id)?.address;
          return [box.id, `w.${box.id}`].every(
            (name) =>
              recorder.names
                .get(`${name}.${ZONE}`)
                ?.sets.find(({ type }) => type === "A")
                ?.values.join() === wanted,
          );
        }),
      30_000,
    );
    // Nothing comes later that would undo it.
    let told = -1;
    await eventually(
      "nothing is left to tell",
      () => {
        const before = told;
        told = recorder.told.length;
        return before === told;
      },
      45_000,
      1500,
    );
    for (const [at, box] of boxes.entries()) {
      const { body } = await send<Registration>(box, anyOf(at), "state", {}, "93.184.0.1");
      t.equal(body.seq, box.seq, "the number goes on, whoever was asked");
      t.equal(body.doors.ipv4.address, acknowledged.get(box.id)?.address);
      t.equal(recorder.names.get(`lan.${box.id}.${ZONE}`)?.sets[0]?.values[0], "192.168.1.2");
    }
    t.equal(recorder.names.size, 3 * boxes.length, "and there is nothing else");
  },
);

t.test(
  "two instances on one PostgreSQL: updates of one box at both, at once",
  { skip: skipWithoutPostgres(), timeout: 60_000 },
  async (t) => {
    const database = await (await startPostgres(t)).database();
    const recorder = await Recorder.open(t);
    const instances = await Promise.all(
      ["a", "b"].map(async (instance) =>
        cloudProcess(t, {
          config: configOf(await temporaryFolder(t), database),
          recorder: recorder.origin,
          instance,
        }),
      ),
    );
    const of = (at: number): CloudProcess => instances[at % 2] as CloudProcess;
    const box = new RegisteringBox();
    t.equal((await send(box, of(0), "enrol", { version: "1" }, "93.184.0.1")).status, 200);
    for (let round = 0; round < 5; round++) {
      const answers = await Promise.all(
        Array.from({ length: 5 }, async (_, at) => {
          const answer = await send<Registration>(box, of(at), "update", UPDATE, `93.184.9.${1 + at}`);
          return { at, answer };
        }),
      );
      const good = answers.filter(({ answer }) => answer.status === 200);
      for (const { answer } of answers)
        t.ok(
          answer.status === 200 || answer.body.code === "sequence-behind",
          `${answer.status} ${answer.body.code}`,
        );
      t.ok(
        good.some(({ at }) => at === 4),
        "the last is never behind",
      );
    }
    await eventually(
      "the last is published",
      () => recorder.names.get(`${box.id}.${ZONE}`)?.sets[0]?.values.join() === "93.184.9.5",
      45_000,
    );
    const values = ["c".repeat(43)];
    for (const instance of instances) {
      t.equal((await send(box, instance, "challenge", { values }, "93.184.0.1")).status, 200);
      t.same(
        recorder.names.get(`_acme-challenge.${box.id}.${ZONE}`)?.sets[0]?.values,
        values,
        "whichever instance leads",
      );
      t.equal((await send(box, instance, "challenge", { values: [] }, "93.184.0.1")).status, 200);
      t.notOk(recorder.names.has(`_acme-challenge.${box.id}.${ZONE}`));
    }
  },
);

t.test(
  "power cuts on SQLite: what was acknowledged is there, and published",
  { timeout: 120_000 },
  async (t) => {
    const state = await temporaryFolder(t);
    const recorder = await Recorder.open(t);
    const start = (): Promise<CloudProcess> =>
      cloudProcess(t, { config: configOf(state, "sqlite"), recorder: recorder.origin, instance: "one" });
    const boxes: RegisteringBox[] = [];
    const acknowledged = new Map<string, string>();
    const seqs = new Map<string, number>();
    let instance = await start();
    for (let cut = 0; cut < 8; cut++) {
      const fresh = Array.from({ length: 4 }, () => new RegisteringBox());
      const work = [
        ...fresh.map(async (box) => {
          const { status } = await send(box, instance, "enrol", { version: "1" }, "93.184.0.1");
          if (status === 200) boxes.push(box);
        }),
        ...boxes.slice(-8).map(async (box, at) => {
          const address = addressOf(at, cut);
          const seq = box.seq + 1;
          const { status } = await send(box, instance, "update", UPDATE, address);
          if (status !== 200) return;
          acknowledged.set(box.id, address);
          seqs.set(box.id, seq);
        }),
      ].map((deed) => deed.catch(() => undefined));
      // In the midst of the deeds, also where the machine is slow; else at any moment.
      if (cut % 2 === 0) await work[Math.floor(Math.random() * fresh.length)];
      else await new Promise((resolve) => setTimeout(resolve, Math.random() * 400));
      await instance.kill();
      await Promise.all(work);
      instance = await start();
      for (const box of boxes) {
        const { status, body } = await send<Registration>(box, instance, "state", {}, "93.184.0.1");
        t.equal(
          status,
          200,
          `cut ${cut}: whoever was told that it is registered is (${JSON.stringify(body)})`,
        );
        const wanted = acknowledged.get(box.id);
        // An update that was not acknowledged may have been written down, or not.
        if (wanted !== undefined && box.seq === (seqs.get(box.id) ?? 0) + 1)
          t.equal(body.doors.ipv4.address, wanted, `cut ${cut}: an acknowledged address holds`);
      }
    }
    await eventually(
      "the name server says what the register does",
      async () => {
        for (const box of boxes) {
          const { body } = await send<Registration>(box, instance, "state", {}, "93.184.0.1");
          const wanted = body.doors.ipv4.state === "direct" ? body.doors.ipv4.address : undefined;
          const served = recorder.names.get(`${box.id}.${ZONE}`)?.sets.find(({ type }) => type === "A")
            ?.values[0];
          if (served !== wanted) return false;
        }
        return true;
      },
      45_000,
    );
    t.ok(boxes.length > 0, `${boxes.length} boxes, ${acknowledged.size} addresses`);
  },
);
