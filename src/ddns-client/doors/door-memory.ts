import { readDocument, writeFileAtomic } from "../../kernel/atomic-file.ts";
import { isRecord } from "../../kernel/is-record.ts";
import type { DoorLease, DoorProtocolName } from "./door-protocol.ts";

/** What a box has to remember, so that after a crash it finds its own mapping again, or takes it away. */
export interface RememberedDoor {
  /** Of PCP, 12 bytes in hex: who has it owns the mapping. */
  readonly nonce: string;
  /** External port that was wished for ... */
  readonly wished: number | null;
  /** ... and the one that was had last: names and phones know it. */
  readonly externalPort: number | null;
  /** What is open; null: nothing. */
  readonly open: DoorLease | null;
}

/** Where it is kept. */
export interface DoorMemory {
  /** Null: nothing is remembered, or nothing that can be read. */
  read(): Promise<RememberedDoor | null>;
  write(door: RememberedDoor): Promise<void>;
}

/** Kept in a file of its own. */
export function fileDoorMemory(path: string): DoorMemory {
  return {
    read: () => readDocument(path, (text) => parseRememberedDoor(JSON.parse(text))).catch(() => null),
    write: (door) => writeFileAtomic(path, `${JSON.stringify(door)}\n`),
  };
}

/** @returns null for what is none */
function parseRememberedDoor(value: unknown): RememberedDoor | null {
  if (!isRecord(value)) return null;
  const { nonce, wished, externalPort, open } = value;
  if (typeof nonce !== "string" || !/^[0-9a-f]{24}$/.test(nonce)) return null;
  return {
    nonce,
    wished: isPort(wished) ? wished : null,
    externalPort: isPort(externalPort) ? externalPort : null,
    open: parseLease(open),
  };
}

const NAMES: readonly DoorProtocolName[] = ["pcp", "nat-pmp", "igd"];

function parseLease(value: unknown): DoorLease | null {
  if (!isRecord(value)) return null;
  const { client, internalPort, externalPort, externalAddress, lifetime, pinhole } = value;
  const protocol = NAMES.find((name) => name === value["protocol"]);
  if (protocol === undefined || typeof client !== "string" || typeof lifetime !== "number") return null;
  if (!isPort(internalPort) || !isPort(externalPort)) return null;
  return {
    protocol,
    client,
    internalPort,
    externalPort,
    externalAddress: typeof externalAddress === "string" ? externalAddress : null,
    lifetime,
    ...(typeof pinhole === "number" && { pinhole }),
  };
}

function isPort(value: unknown): value is number {
  return typeof value === "number" && Number.isInteger(value) && value > 0 && value < 65_536;
}
