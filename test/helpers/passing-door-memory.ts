import type { DoorMemory, RememberedDoor } from "../../src/ddns-client/doors/door-memory.ts";

/** Kept as long as the process lives. */
export function passingDoorMemory(): DoorMemory {
  let kept: RememberedDoor | null = null;
  return {
    read: async () => kept,
    write: async (door) => void (kept = door),
  };
}
