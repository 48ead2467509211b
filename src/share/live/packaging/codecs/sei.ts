import type { Colour } from "./nal.ts";

/** SEI messages that mean the same in H.264 and HEVC, as far as a packager cares. */

/** payloadType. @see ISO/IEC 14496-10 §D.1.1, ISO/IEC 23008-2 §D.2.1 */
export const SEI = {
  pictureTiming: 1,
  registeredUserData: 4,
  recoveryPoint: 6,
  alternativeTransfer: 147,
} as const;

/** ITU-T T.35 of the United States, ATSC's provider code, `GA94`, cc_data. @see ATSC A/72-1 §6.4.2, A/53-4 §6.2.3 */
export const CAPTIONS = Buffer.from("b500314741393403", "hex");

/** @param payload of a registered user data message */
export const carriesCaptions = (payload: Buffer): boolean =>
  payload.length > CAPTIONS.length && payload.subarray(0, CAPTIONS.length).equals(CAPTIONS);

/**
 * preferred_transfer_characteristics: how the pictures are meant to be shown, whatever the sequence says for the sake of
 * old receivers. HLG in DVB is so: 14 in the sequence, 18 here. @see TS 101 154 §5.14.4.4.2, ISO/IEC 23008-2 §D.3.37
 * @returns null for the code points that say nothing
 */
export function preferredTransfer(payload: Buffer): number | null {
  const code = payload[0] ?? 2;
  return code === 0 || code === 2 || code === 3 ? null : code;
}

/** @param preferred null: as the sequence says */
export function withTransfer(colour: Colour | null, preferred: number | null): Colour | null {
  if (preferred === null) return colour;
  return { ...(colour ?? UNSAID), transfer: preferred };
}

/** Code points for "unspecified". @see ISO/IEC 23091-2 §8 */
const UNSAID: Colour = { primaries: 2, transfer: 2, matrix: 2, fullRange: false };
