import { createServer } from "node:net";
import { createInterface } from "node:readline";
import { createPinholeKeeper, createPortMapper } from "../../../src/ddns-client/doors/doors.ts";
import { fileDoorMemory } from "../../../src/ddns-client/doors/door-memory.ts";
import type { DoorProtocolName } from "../../../src/ddns-client/doors/door-protocol.ts";
import type { MappingState } from "../../../src/ddns-client/doors/mapping-state.ts";
import { systemClock } from "../../../src/kernel/clock.ts";
import { passingDoorMemory } from "../../helpers/passing-door-memory.ts";

/**
 * A box in a network of its own: listens at a port, keeps a door to it open, and prints what becomes of it, a line of JSON each. Lines
 * that it reads: `open`, `shut`, `stop`.
 */
export interface DoorsWish {
  readonly what: "port" | "pinhole";
  readonly internalPort: number;
  readonly externalPort?: number;
  readonly open?: boolean;
  readonly lifetime?: number;
  readonly speak?: readonly DoorProtocolName[];
  /** File; default none. */
  readonly memory?: string;
}
export type DoorsLine = { readonly state: MappingState } | { readonly log: string; readonly fields: object };

const wish = JSON.parse(process.argv[2] ?? "") as DoorsWish;
const say = (line: DoorsLine): void => void process.stdout.write(`${JSON.stringify(line)}\n`);
const log = (fields: object, event: string): void => say({ log: event, fields });

const server = createServer((socket) => {
  socket.on("error", () => undefined);
  socket.end(`box ${socket.remoteAddress}\n`);
});
server.listen(wish.internalPort, "::");
const make = wish.what === "port" ? createPortMapper : createPinholeKeeper;
const mapper = make(
  {
    clock: systemClock,
    log: { debug: log, info: log, warn: log, error: log },
    memory: wish.memory === undefined ? passingDoorMemory() : fileDoorMemory(wish.memory),
    ...(wish.speak !== undefined && { speak: wish.speak }),
  },
  {
    internalPort: wish.internalPort,
    open: wish.open ?? true,
    ...(wish.externalPort !== undefined && { externalPort: wish.externalPort }),
    ...(wish.lifetime !== undefined && { lifetime: wish.lifetime }),
  },
);
mapper.changes.on((state) => say({ state }));
mapper.start();
createInterface({ input: process.stdin }).on("line", (line) => {
  if (line === "open" || line === "shut") mapper.setOpen(line === "open");
  if (line !== "stop") return;
  void mapper.stop().then(() => {
    server.close();
    process.stdin.destroy();
  });
});
