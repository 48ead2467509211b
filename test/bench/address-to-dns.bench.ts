import { anywhere, skipWithoutAnywhere } from "../helpers/anywhere.ts";
import { eventually } from "../helpers/daemon.ts";
import { note, quantile, rounded, withTeardown, type Figure } from "./figure.ts";

export const ids = ["address-to-dns-p50", "address-to-dns-p95"] as const;

const CHANGES = 20;
/** Two that take turns: more of them within an hour are held back. */
const HOSTS = [31, 32];
/** Changes do not come faster than the cloud dials boxes back. */
const PAUSE_MS = 6000;

/**
 * Seconds from the moment in which the router has another address until `dig` sees it at the zone's name server: router (PCP), box, cloud,
 * dial-back and DNS UPDATE into BIND.
 */
export async function run(): Promise<Figure[]> {
  const missing = skipWithoutAnywhere();
  if (missing !== false) {
    note(`address-to-dns is left out: ${missing}`);
    return [];
  }
  const seconds = await withTeardown(async (t) => {
    const world = await anywhere(t);
    const { name } = await world.found();
    const taken: number[] = [];
    for (let change = 0; change < CHANGES; change++) {
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
      const wan = world.lab.newWanAddress(HOSTS[change % 2]);
      const from = performance.now();
      await eventually("dig sees it", async () => (await world.dug(name ?? "")).includes(wan), 120_000, 10);
      taken.push((performance.now() - from) / 1000);
    }
    return taken;
  });
  note(`address-to-dns: ${seconds.map((one) => one.toFixed(1)).join(", ")} s`);
  return [
    { id: "address-to-dns-p50", value: rounded(quantile(seconds, 0.5)), unit: "s", goal: "<= 90" },
    { id: "address-to-dns-p95", value: rounded(quantile(seconds, 0.95)), unit: "s", goal: "<= 90" },
  ];
}
