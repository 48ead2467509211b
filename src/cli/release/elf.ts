import type { Architecture } from "./release-name.ts";

/** `e_machine`. @see System V ABI, chapter 4, "ELF Header" */
const MACHINES: Readonly<Partial<Record<number, Architecture>>> = { 40: "armhf", 62: "amd64", 183: "arm64" };

/** What machine a program or library is for. @param head its first 20 bytes. @returns null for what is none, or for another */
export function machineOf(head: Buffer): Architecture | null {
  if (head.length < 20 || head.readUInt32BE(0) !== 0x7f454c46) return null;
  return MACHINES[head.readUInt16LE(18)] ?? null;
}
