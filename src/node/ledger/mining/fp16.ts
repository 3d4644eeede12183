/**
 * IEEE binary16 against binary32, with one NaN. Patterns are integers: bit-exactness is consensus.
 * Source: QSDM mining protocol, sections 8.4 and 8.5.
 */
const VIEW = new DataView(new ArrayBuffer(4));

export const NAN16 = 0x7e00;
const NAN32 = 0x7fc0_0000;

export const isNan16 = (half: number): boolean => (half & 0x7fff) > 0x7c00;
/** Every NaN pattern becomes 0x7E00; infinities, signed zeros and subnormals stay. */
export const canonical16 = (half: number): number => (isNan16(half) ? NAN16 : half);

/** The binary32 pattern of a binary16 pattern. */
export function widen(half: number): number {
  const sign = (half & 0x8000) << 16;
  const exponent = (half >> 10) & 0x1f;
  const fraction = half & 0x3ff;
  if (exponent === 0x1f) return fraction ? NAN32 : (sign | 0x7f80_0000) >>> 0;
  if (exponent > 0) return (sign | ((exponent + 112) << 23) | (fraction << 13)) >>> 0;
  if (fraction === 0) return sign >>> 0;
  const top = 31 - Math.clz32(fraction);
  return (sign | ((103 + top) << 23) | ((fraction ^ (1 << top)) << (23 - top))) >>> 0;
}

/** The binary16 pattern nearest to a binary32 pattern, ties to even. */
export function narrow(single: number): number {
  const sign = (single >>> 16) & 0x8000;
  const magnitude = single & 0x7fff_ffff;
  if (magnitude > 0x7f80_0000) return NAN16;
  if (magnitude >= 0x4780_0000) return sign | 0x7c00;
  if (magnitude < 0x3300_0000) return sign;
  const exponent = (magnitude >> 23) - 127;
  const significand = (magnitude & 0x7f_ffff) | 0x80_0000;
  const shift = exponent >= -14 ? 13 : 13 + (-14 - exponent);
  const dropped = significand & ((1 << shift) - 1);
  const half = 1 << (shift - 1);
  let kept = significand >> shift;
  if (dropped > half || (dropped === half && (kept & 1) === 1)) kept++;
  // A carry runs from the fraction into the exponent by itself; past the largest exponent it is infinity.
  return sign | (exponent >= -14 ? ((exponent + 14) << 10) + kept : kept);
}

/** The number that a binary32 pattern stands for. */
export function numberOf32(bits: number): number {
  VIEW.setUint32(0, bits);
  return VIEW.getFloat32(0);
}

/** The binary32 pattern of a number, rounded to nearest even; any NaN gives 0x7FC00000. */
export function patternOf32(value: number): number {
  if (Number.isNaN(value)) return NAN32;
  VIEW.setFloat32(0, value);
  return VIEW.getUint32(0);
}

/** Every binary16 pattern as a number: 65,536 entries, 256 KiB, which a tensor step reads 272 times. */
export const NUMBER_OF_16: Float32Array = Float32Array.from({length: 0x1_0000}, (_, half) => numberOf32(widen(half)));
