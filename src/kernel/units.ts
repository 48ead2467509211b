/** Units as types: a number that is a time, a size or a PID says so. All conversions live here. */

declare const unit: unique symbol;
type Branded<Name extends string> = number & { readonly [unit]: Name };

/** Wall-clock or monotonic milliseconds (see {@link Clock} for which). */
export type Milliseconds = Branded<"ms">;
export type Seconds = Branded<"s">;
/** PTS/DTS ticks of 1/90 000 s; 33 bits on the wire, unwrapped to 53 bits inside. @see ISO/IEC 13818-1 §2.4.3.7 */
export type Ticks90k = Branded<"90k">;
/** PCR ticks of 1/27 000 000 s. @see ISO/IEC 13818-1 §2.4.3.5 */
export type Pcr27M = Branded<"27M">;
export type Bytes = Branded<"bytes">;
/** Packet identifier, 0..0x1FFF. @see ISO/IEC 13818-1 §2.4.3.3 */
export type Pid = Branded<"pid">;

export const ms = (value: number): Milliseconds => value as Milliseconds;
export const seconds = (value: number): Seconds => value as Seconds;
export const ticks = (value: number): Ticks90k => value as Ticks90k;
export const pcr = (value: number): Pcr27M => value as Pcr27M;
export const bytes = (value: number): Bytes => value as Bytes;
export const pid = (value: number): Pid => value as Pid;

/** One turn of the 33-bit PTS/DTS counter, in 90 kHz ticks (26 h 30 min 43.7 s). */
export const PTS_WRAP = 2 ** 33;
/** One turn of the PCR, in 27 MHz ticks. */
export const PCR_WRAP = PTS_WRAP * 300;

export const secondsToMs = (value: number): Milliseconds => ms(value * 1000);
export const ticksToMs = (value: number): Milliseconds => ms(value / 90);
export const ticksToSeconds = (value: number): Seconds => seconds(value / 90_000);
export const msToTicks = (value: number): Ticks90k => ticks(Math.round(value * 90));
export const pcrToTicks = (value: number): Ticks90k => ticks(Math.floor(value / 300));
export const pcrToMs = (value: number): Milliseconds => ms(value / 27_000);
export const msToPcr = (value: number): Pcr27M => pcr(Math.round(value * 27_000));

/**
 * Signed distance from one 33-bit time stamp to another along the shorter way round: `wrapDelta(0, 2^33 - 1) === -1`.
 * @returns ticks in [-2^32, 2^32)
 */
export function wrapDelta(from: number, to: number): Ticks90k {
  const delta = (((to - from) % PTS_WRAP) + PTS_WRAP) % PTS_WRAP;
  return ticks(delta >= PTS_WRAP / 2 ? delta - PTS_WRAP : delta);
}
