import { renderUnicodeCompact } from "uqr";
import type { NamedSource, Offer } from "../protocol/api.ts";
import { absent, needsScan, scanCommand } from "./no-tuner.ts";
import { NO_PHONE, onThisMachineOnly } from "./offer.ts";
import { printable, wrap } from "./text.ts";

/** What `scripts/start` shows a person: where to go, what to type, what to scan. */
export function welcome(options: {
  /** Where it listens for browsers of this machine, as a URL has it. */
  local: string;
  ports: { http: number; https: number | null };
  offer: Offer;
  state: string;
  sources: readonly NamedSource[];
  /** How many are known. */
  services: number;
}): string {
  const { local, ports, offer, state, sources, services } = options;
  const address = new URL(offer.url);
  const fragment = address.hash;
  const lines = [
    "",
    "Tellyport is on air.",
    "",
    `  On this machine    http://${local}:${ports.http}/${fragment}`,
    ...(onThisMachineOnly(offer.url)
      ? [`  On a phone nearby  ${wrap(`not: ${NO_PHONE}`, 59, " ".repeat(21))}`, ""]
      : [
          `  On a phone nearby  ${address.origin}/   and type the code, or scan:`,
          "",
          renderUnicodeCompact(offer.url, { border: 2 }).replace(/^/gm, "  "),
          "",
        ]),
    `  Pairing code       ${offer.code}   (for one phone, until ${new Date(offer.expiresAt).toLocaleTimeString()})`,
    "",
    ...(ports.https === null
      ? []
      : [
          `  Over https         https://${address.hostname}:${ports.https}/   (the box made its certificate itself: the browser will ask)`,
        ]),
    `  Another phone      npx tellyport pair --state ${state}`,
    ...(services === 0 && needsScan(sources)
      ? [
          `  Find the channels  npx ${scanCommand(state)}`,
          "                     (XX: your country's two letters, such as FR; for satellites `npx tellyport scan --help`)",
        ]
      : []),
    "  Stop               Ctrl-C",
    "",
    ...absent(sources).flatMap((text) => [`  ! ${wrap(printable(text), 76, "    ")}`, ""]),
    "",
  ];
  return lines.join("\n");
}
