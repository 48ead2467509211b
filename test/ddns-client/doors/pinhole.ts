import type { Test } from "tap";
import { eventually } from "../../helpers/daemon.ts";
import { connectFrom, labBox } from "../../helpers/lab-box.ts";
import { routerLab, skipWithoutRouter } from "../../helpers/router-lab.ts";

const skip = skipWithoutRouter();
const PORT = 8443;

/** A hole in the IPv6 firewall of a real router, by one protocol. @param built folder in which `doors.child.js` lies */
export function pinhole(t: Test, protocol: "pcp" | "igd", built: string): void {
  const speaks = protocol === "pcp" ? { igd: false } : { pcp: false };
  void t.test(
    `${protocol}: a real router opens its IPv6 firewall, and opens it again`,
    { skip },
    async (t) => {
      const lab = await routerLab(t, { ipv6: true, speaks });
      const host = lab.box.address6 ?? "";
      t.notMatch(await connectFrom(lab.phone, host, PORT), /box/, "the firewall is shut");
      const box = labBox(t, built, lab.box, {
        what: "pinhole",
        internalPort: PORT,
        speak: [protocol],
      });
      const state = await box.until("it is open", ({ status }) => status === "open", 120_000);
      t.match(state, {
        protocol,
        externalAddress: host,
        externalPort: PORT,
        client: host,
        gateway: "fe80::1%eth0",
      });
      t.equal(await connectFrom(lab.phone, host, PORT), "box 2a01:5:5::50");
      await new Promise((resolve) => setTimeout(resolve, 6000));
      await lab.reboot(500);
      await eventually(
        "it is open again",
        async () => /^box/.test(await connectFrom(lab.phone, host, PORT)),
        75_000,
      );
      t.comment(box.log.join(" | "));
      await box.stop();
      t.notMatch(await connectFrom(lab.phone, host, PORT), /box/, "it is shut at the end");
    },
  );
}
