import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Test } from "tap";
import { eventually, runProgram } from "../../helpers/daemon.ts";
import { connectFrom, labBox } from "../../helpers/lab-box.ts";
import { routerLab, skipWithoutRouter, type LabPlace } from "../../helpers/router-lab.ts";
import { temporaryFolder } from "../../helpers/temporary.ts";

const skip = skipWithoutRouter("upnpc", "natpmpc");
const PORT = 8443;
const isOpen = ({ status }: { status: string }): boolean => status === "open";

export async function runAt(place: LabPlace, ...command: string[]): Promise<string> {
  const [program = "", ...args] = [...place.wrapper, ...command];
  const { stdout, stderr } = await runProgram(program, args);
  return stdout + stderr;
}

/** What becomes of a port at a real router, by one protocol. @param built folder in which `doors.child.js` lies */
export function routerLife(t: Test, protocol: "pcp" | "nat-pmp" | "igd", built: string): void {
  void t.test(
    `${protocol}: a short lease is renewed, and is there long after its end`,
    { skip },
    async (t) => {
      const lab = await routerLab(t, { minLifetime: 1 });
      const wish = { what: "port", internalPort: PORT, speak: [protocol], lifetime: 4 } as const;
      const box = labBox(t, built, lab.box, wish);
      await box.until("a port is open", isOpen, 120_000);
      await new Promise((resolve) => setTimeout(resolve, 10_000));
      t.equal(await connectFrom(lab.phone, lab.wan, PORT), "box ::ffff:5.5.5.50");
      t.equal(box.states.length, 2, "no news in between");
      await box.kill();
      await new Promise((resolve) => setTimeout(resolve, 7000));
      t.notMatch(await connectFrom(lab.phone, lab.wan, PORT), /box/, "the router ends what nobody renews");
    },
  );

  void t.test(`${protocol}: after the router's power was cut the port is open again`, { skip }, async (t) => {
    const lab = await routerLab(t);
    const box = labBox(t, built, lab.box, {
      what: "port",
      internalPort: PORT,
      speak: [protocol],
    });
    await box.until("a port is open", isOpen, 120_000);
    // A router that has just begun cannot be told from one that begins anew, but for what it announces.
    await new Promise((resolve) => setTimeout(resolve, 6000));
    const from = performance.now();
    await lab.reboot(500);
    await eventually(
      "the phone gets through again",
      async () => /^box/.test(await connectFrom(lab.phone, lab.wan, PORT)),
      80_000,
    );
    t.comment(`${protocol}: open again after ${Math.round(performance.now() - from)} ms`);
    await box.stop();
    t.notMatch(lab.rules(), /dnat/);
  });

  void t.test(`${protocol}: a new address of the router is noticed`, { skip }, async (t) => {
    const lab = await routerLab(t);
    const box = labBox(t, built, lab.box, {
      what: "port",
      internalPort: PORT,
      speak: [protocol],
    });
    await box.until("a port is open", isOpen, 120_000);
    const from = performance.now();
    const wan = lab.newWanAddress();
    await box.until("the new address", (state) => isOpen(state) && state.externalAddress === wan, 80_000);
    t.comment(`${protocol}: noticed after ${Math.round(performance.now() - from)} ms`);
    await eventually(
      "the phone gets through there",
      async () => /^box/.test(await connectFrom(lab.phone, wan, PORT)),
      5000,
    );
    await box.stop();
  });

  void t.test(
    `${protocol}: where another machine has the port, another port is taken`,
    { skip },
    async (t) => {
      const lab = await routerLab(t);
      t.match(
        await runAt(lab.neighbour, "upnpc", "-a", lab.neighbour.address, String(PORT), String(PORT), "tcp"),
        /is redirected/,
      );
      const box = labBox(t, built, lab.box, {
        what: "port",
        internalPort: PORT,
        speak: [protocol],
      });
      const state = await box.until("a port is open", isOpen, 120_000);
      t.not(state.externalPort, PORT);
      t.equal(await connectFrom(lab.phone, lab.wan, state.externalPort ?? 0), "box ::ffff:5.5.5.50");
      await box.stop();
      t.match(lab.rules(), /dnat ip to 192\.168\.77\.11/, "the neighbour's is still there");
    },
  );

  void t.test(`${protocol}: a box that crashed takes its own mapping up again`, { skip }, async (t) => {
    const lab = await routerLab(t);
    const memory = join(await temporaryFolder(t), "door.json");
    const wish = { what: "port", internalPort: PORT, externalPort: 8500, speak: [protocol], memory } as const;
    const first = labBox(t, built, lab.box, wish);
    await first.until("a port is open", isOpen, 120_000);
    await first.kill();
    t.match(JSON.parse(readFileSync(memory, "utf8")), { open: { externalPort: 8500 } });
    const second = labBox(t, built, lab.box, wish);
    t.match(await second.until("it is open again", isOpen, 120_000), { externalPort: 8500 });
    t.equal(lab.rules().match(/dnat/g)?.length, 1, "there is one mapping, not two");
    await second.kill();
    const moved = labBox(t, built, lab.box, {
      ...wish,
      internalPort: 9443,
      externalPort: 9500,
    });
    await moved.until("another port is open", ({ externalPort }) => externalPort === 9500, 120_000);
    t.equal(lab.rules().match(/dnat/g)?.length, 1, "the old one was taken away");
    await moved.kill();
    const shut = labBox(t, built, lab.box, { ...wish, internalPort: 9443, open: false });
    await shut.until("the router is only asked", ({ status }) => status === "watching", 120_000);
    t.notMatch(lab.rules(), /dnat/, "what is not wished for any more is taken away");
    await shut.stop();
  });
}
