/** `YYYYMMDDhhmmss +0000`: always with its offset, because readers guess where there is none. @param at epoch ms */
export function xmltvTimeText(at: number): string {
  return `${new Date(at).toISOString().slice(0, 19).replace(/[-:T]/g, "")} +0000`;
}
