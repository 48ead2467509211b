import { BODY, openSection, sealSection, uint16, type SectionHeader } from "./section.ts";

/** Program association section. @see ISO/IEC 13818-1 §2.4.4.3 */
export interface Pat extends SectionHeader {
  readonly transportStreamId: number;
  /** PID of the NIT, null when program_number 0 is not listed. */
  readonly networkPid: number | null;
  /** PID of each service's PMT. */
  readonly programs: readonly { readonly serviceId: number; readonly pid: number }[];
}

const TABLE_ID = 0x00;
const ENTRY = 4;

/** @returns null when it is not a PAT section */
export function decodePat(section: Buffer): Pat | null {
  const open = openSection(section, (id) => id === TABLE_ID, 0);
  if (open === null) return null;
  let networkPid: number | null = null;
  const programs: { serviceId: number; pid: number }[] = [];
  for (let at = BODY; at + ENTRY <= open.end; at += ENTRY) {
    const serviceId = section.readUInt16BE(at);
    const pid = section.readUInt16BE(at + 2) & 0x1fff;
    if (serviceId === 0) networkPid = pid;
    else programs.push({ serviceId, pid });
  }
  return {
    transportStreamId: open.extension,
    version: open.version,
    current: open.current,
    sectionNumber: open.sectionNumber,
    lastSectionNumber: open.lastSectionNumber,
    networkPid,
    programs,
  };
}

/** @throws RangeError when there are more programmes than fit into one section (253) */
export function encodePat(pat: Pat): Buffer {
  const entries = pat.programs.map((program) => entry(program.serviceId, program.pid));
  if (pat.networkPid !== null) entries.unshift(entry(0, pat.networkPid));
  return sealSection(TABLE_ID, pat.transportStreamId, pat, entries, false);
}

function entry(serviceId: number, pid: number): Buffer {
  return Buffer.concat([uint16(serviceId), uint16(0xe000 | pid)]);
}
