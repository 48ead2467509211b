import t from "tap";
import { connectFrom, labBox } from "../../helpers/lab-box.ts";
import { routerLab, skipWithoutRouter } from "../../helpers/router-lab.ts";

const skip = skipWithoutRouter("upnpc", "natpmpc");
const PORT = 8443;

for (const [protocol, speaks] of [
  ["pcp", { igd: false }],
  ["nat-pmp", { igd: false }],
  ["igd", { pcp: false }],
] as const)
  t.test(
    `${protocol}: a real router opens a port, and a phone in the internet gets through`,
    { skip },
    async (t) => {
      const lab = await routerLab(t, { speaks });
      t.match(
        await connectFrom(lab.phone, lab.wan, PORT),
        /timeout|ECONNREFUSED|EHOSTUNREACH/,
        "nothing is open before",
      );
      const box = labBox(t, import.meta.dirname, lab.box, {
        what: "port",
        internalPort: PORT,
        speak: [protocol],
      });
      const state = await box.until("a port is open", ({ status }) => status === "open", 120_000);
      t.match(state, {
        protocol,
        externalAddress: lab.wan,
        externalPort: PORT,
        gateway: "192.168.77.1",
        client: lab.box.address,
      });
      t.equal(await connectFrom(lab.phone, lab.wan, PORT), "box ::ffff:5.5.5.50");
      await box.stop();
      t.notMatch(lab.rules(), /dnat/, "nothing is left");
      t.match(await connectFrom(lab.phone, lab.wan, PORT), /timeout|ECONNREFUSED/);
    },
  );
