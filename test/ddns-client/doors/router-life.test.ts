import t from "tap";
import { labBox } from "../../helpers/lab-box.ts";
import { routerLab, skipWithoutRouter } from "../../helpers/router-lab.ts";
import { routerLife, runAt } from "./router-life.ts";

const skip = skipWithoutRouter("upnpc", "natpmpc");
const PORT = 8443;
const isOpen = ({ status }: { status: string }): boolean => status === "open";

// By the other two it takes minutes: test/long/routers.test.ts.
routerLife(t, "pcp", import.meta.dirname);

t.test("all together: the best protocol is taken, and a switch opens and shuts", { skip }, async (t) => {
  const lab = await routerLab(t);
  const box = labBox(t, import.meta.dirname, lab.box, { what: "port", internalPort: PORT, open: false });
  const before = await box.until("the router is known", ({ status }) => status === "watching", 120_000);
  t.equal(before.externalPort, null);
  t.notMatch(lab.rules(), /dnat/);
  box.tell("open");
  t.match(await box.until("it is open", isOpen, 120_000), { protocol: "pcp", externalAddress: lab.wan });
  t.match(await runAt(lab.box, "upnpc", "-l"), /TCP\s+8443->192\.168\.77\.10:8443/, "upnpc sees it");
  t.match(await runAt(lab.box, "natpmpc"), new RegExp(`Public IP address : ${lab.wan}`));
  box.tell("shut");
  await box.until("it is shut", ({ status }) => status === "watching", 120_000);
  t.notMatch(lab.rules(), /dnat/);
  await box.stop();
});

t.test("a privileged port that the router gives nobody: another one is taken", { skip }, async (t) => {
  for (const protocol of ["pcp", "nat-pmp", "igd"] as const) {
    const lab = await routerLab(t);
    const box = labBox(t, import.meta.dirname, lab.box, {
      what: "port",
      internalPort: PORT,
      externalPort: 443,
      speak: [protocol],
    });
    const { externalPort } = await box.until("a port is open", isOpen, 120_000);
    t.ok((externalPort ?? 0) >= 1024, `${protocol}: ${externalPort}`);
    await box.stop();
  }
});

t.test(
  "a carrier's NAT and a second router: refused, with the router's words and address",
  { skip },
  async (t) => {
    for (const [options, address] of [
      [{ carrierGradeNat: true }, "100.64.0.30"],
      [{ doubleNat: true }, "192.168.1.30"],
    ] as const)
      for (const protocol of ["pcp", "nat-pmp", "igd"] as const) {
        const lab = await routerLab(t, options);
        const box = labBox(t, import.meta.dirname, lab.box, {
          what: "port",
          internalPort: PORT,
          speak: [protocol],
        });
        const state = await box.until("it is refused", ({ status }) => status === "refused", 120_000);
        t.match(
          state.refusals[0],
          { protocol, reason: "no-address" },
          `${address} ${protocol}: ${JSON.stringify(state)}`,
        );
        if (protocol === "pcp") t.equal(state.externalAddress, address);
        await box.stop();
      }
  },
);

t.test("a router that is silent, and speaks later", { skip }, async (t) => {
  const lab = await routerLab(t);
  await lab.silence();
  const box = labBox(t, import.meta.dirname, lab.box, { what: "port", internalPort: PORT });
  await box.until("it is silent", ({ status }) => status === "silent", 120_000);
  await lab.reboot();
  await box.until("it is open", isOpen, 120_000);
  await box.stop();
});
