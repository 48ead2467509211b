import { addressText } from "../../kernel/address-text.ts";

/** Where datagrams go that are for nobody nearer. */
export interface DefaultRoute {
  readonly interface: string;
  /** The router's address, without a zone. */
  readonly gateway: string;
}

/** @see Linux `include/uapi/linux/route.h` */
const UP = 0x0001;
const GATEWAY = 0x0002;
const REJECT = 0x0200;
/** Lines that are read. */
const MOST = 4096;

/**
 * The default route of IPv4, that of the least metric; null when there is none by a router.
 * @param table text of `/proc/net/route`
 * @param isLittleEndian whether the machine is: the kernel prints addresses as numbers of its own
 */
export function defaultRoute4(table: string, isLittleEndian: boolean): DefaultRoute | null {
  return least(
    rows(table).flatMap(([name, destination, gateway, flags, , , metric, mask]) => {
      if (!/^0{8}$/.test(destination ?? "") || !/^0{8}$/.test(mask ?? "")) return [];
      if (!/^[0-9A-F]{8}$/i.test(gateway ?? "") || !isUsable(flags)) return [];
      const bytes = Buffer.from(gateway!, "hex");
      const address = addressText(isLittleEndian ? bytes.reverse() : bytes);
      return [{ interface: name!, gateway: address, metric: Number.parseInt(metric ?? "", 10) }];
    }),
  );
}

/** The same of IPv6. @param table text of `/proc/net/ipv6_route` */
export function defaultRoute6(table: string): DefaultRoute | null {
  return least(
    rows(table).flatMap(([destination, bits, , , gateway, metric, , , flags, name]) => {
      if (!/^0{32}$/.test(destination ?? "") || bits !== "00") return [];
      if (!/^[0-9a-f]{32}$/i.test(gateway ?? "") || /^0+$/.test(gateway!) || !isUsable(flags)) return [];
      const address = addressText(Buffer.from(gateway!, "hex"));
      return [{ interface: name ?? "", gateway: address, metric: Number.parseInt(metric ?? "", 16) }];
    }),
  );
}

function rows(table: string): string[][] {
  return table.split("\n", MOST).map((line) => line.trim().split(/\s+/));
}

function isUsable(flags: string | undefined): boolean {
  const value = Number.parseInt(flags ?? "", 16);
  return (value & (UP | GATEWAY | REJECT)) === (UP | GATEWAY);
}

function least(routes: readonly (DefaultRoute & { metric: number })[]): DefaultRoute | null {
  const [best] = [...routes]
    .filter(({ metric, interface: name }) => Number.isFinite(metric) && name !== "")
    .sort((a, b) => a.metric - b.metric);
  return best === undefined ? null : { interface: best.interface, gateway: best.gateway };
}
