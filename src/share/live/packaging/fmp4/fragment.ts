/** One sample as a fragment describes it. */
export interface FragmentSample {
  /** Bytes. */
  readonly size: number;
  /** Ticks of the track's time scale. */
  readonly duration: number;
  readonly sync: boolean;
  /** PTS − DTS in ticks; may be negative (`trun` version 1). */
  readonly compositionOffset: number;
}

/** sample_flags: does not depend on others. @see ISO/IEC 14496-12 §8.8.3.1 */
const SYNC = 0x02000000;
/** Depends on others, is no sync sample. */
const NON_SYNC = 0x01010000;

const TRUN_DATA_OFFSET = 0x1;
const TRUN_DURATION = 0x100;
const TRUN_SIZE = 0x200;
const TRUN_FLAGS = 0x400;
const TRUN_COMPOSITION = 0x800;
const TFHD_DEFAULT_DURATION = 0x8;
const TFHD_DEFAULT_FLAGS = 0x20;
const TFHD_BASE_IS_MOOF = 0x20000;

/**
 * `moof` and the header of the `mdat` whose payload follows elsewhere, in one buffer.
 * @param sequence mfhd's, from 1
 * @param decodeTime tfdt of the first sample, in ticks, 0..2^53
 * @param video composition offsets and flags per sample; audio samples are all sync and mostly of one duration
 * @see ISO/IEC 14496-12 §8.8
 */
export function fragmentHeader(
  sequence: number,
  decodeTime: number,
  samples: readonly FragmentSample[],
  video: boolean,
): Buffer {
  const common = video ? 0 : (samples[0]?.duration ?? 0);
  const perDuration = video || samples.some((sample) => sample.duration !== common);
  const trunFlags =
    TRUN_DATA_OFFSET |
    TRUN_SIZE |
    (perDuration ? TRUN_DURATION : 0) |
    (video ? TRUN_FLAGS | TRUN_COMPOSITION : 0);
  const perSample = 4 + (perDuration ? 4 : 0) + (video ? 8 : 0);
  const trunSize = 20 + samples.length * perSample;
  const tfhdSize = video ? 16 : 24;
  const trafSize = 8 + tfhdSize + 20 + trunSize;
  const moofSize = 8 + 16 + trafSize;
  const data = Buffer.allocUnsafe(moofSize + 8);
  // Not with Buffer's own methods, which check each argument in JavaScript: 100 fields take 12 µs instead of 22 µs in code that is not
  // compiled yet, 0.8 µs instead of 2.2 µs later (Node 20).
  const view = new DataView(data.buffer, data.byteOffset, data.length);
  let at = 0;
  const put = (value: number): void => {
    view.setUint32(at, value);
    at += 4;
  };
  const name = (type: string): void => {
    at += data.write(type, at, "latin1");
  };
  put(moofSize);
  name("moof");
  put(16);
  name("mfhd");
  put(0);
  put(sequence);
  put(trafSize);
  name("traf");
  put(tfhdSize);
  name("tfhd");
  put(TFHD_BASE_IS_MOOF | (video ? 0 : TFHD_DEFAULT_DURATION | TFHD_DEFAULT_FLAGS));
  put(1);
  if (!video) {
    put(common);
    put(SYNC);
  }
  put(20);
  name("tfdt");
  put(0x01000000);
  put(Math.floor(decodeTime / 2 ** 32));
  put(decodeTime % 2 ** 32);
  put(trunSize);
  name("trun");
  put(0x01000000 | trunFlags);
  put(samples.length);
  put(moofSize + 8);
  let payload = 0;
  for (const sample of samples) {
    payload += sample.size;
    if (perDuration) put(sample.duration);
    put(sample.size);
    if (video) {
      put(sample.sync ? SYNC : NON_SYNC);
      put(sample.compositionOffset);
    }
  }
  put(payload + 8);
  name("mdat");
  return data;
}
