/**
 * The matrix-vector product of the tensor mix in WGSL, bit for bit. A product of two binary16 numbers is exact in
 * binary32, and no sum of sixteen overflows or gets subnormal there, so what matters is the order of the additions; fused
 * operations give the same. WGSL promises nothing about infinities, NaNs and signed zeros, so those are kept in flags and
 * never computed with.
 * Source: QSDM mining protocol, sections 8.1 to 8.5.
 */
import {utf8} from "../../../codecs/bytes.js";

const SUFFIX_SHAKE = 0x1f;
const WORDS_OF_32 = 2;

/** The domain of the matrix and the bytes of the mix, in words of 32 bits: 19 bytes of domain shift the mix by three. */
const DOMAIN = utf8("qsdm/pow/v2/matrix\0");
const domainWords = Array.from({length: Math.ceil(DOMAIN.length / 4)}, (_, i) =>
  [0, 1, 2, 3].reduce((word, byte) => word + (DOMAIN[4 * i + byte] ?? 0) * 2 ** (8 * byte), 0),
);
/** Whole words of the domain; its last three bytes share a word with the mix's first. */
const WHOLE = Math.floor(DOMAIN.length / 4);

export const TENSOR_SHADER = `
/** Where a row's special operands lead: any of them alone, or together. */
const IS_NAN = 1u;
const IS_PLUS = 2u;
const IS_MINUS = 4u;

/** A binary16 pattern, finite, as a number. */
fn widened(half: u32) -> f32 {
  let sign = (half & 0x8000u) << 16u;
  let exponent = (half >> 10u) & 0x1fu;
  let fraction = half & 0x3ffu;
  if (exponent == 0u) {
    let small = f32(fraction) * 0x1p-24f;
    return select(small, -small, sign != 0u);
  }
  return bitcast<f32>(sign | ((exponent + 112u) << 23u) | (fraction << 13u));
}

/** The binary16 pattern nearest to a number, ties to even; a sum that starts from +0 is never -0. */
fn narrowed(sum: f32) -> u32 {
  if (sum == 0.0) { return 0u; }
  let bits = bitcast<u32>(sum);
  let sign = (bits >> 16u) & 0x8000u;
  let magnitude = bits & 0x7fffffffu;
  if (magnitude >= 0x47800000u) { return sign | 0x7c00u; }
  if (magnitude < 0x33000000u) { return sign; }
  let exponent = magnitude >> 23u;
  let significand = (magnitude & 0x7fffffu) | 0x800000u;
  let normal = exponent >= 113u;
  let shift = select(126u - exponent, 13u, normal);
  let dropped = significand & ((1u << shift) - 1u);
  let half = 1u << (shift - 1u);
  var kept = significand >> shift;
  if (dropped > half || (dropped == half && (kept & 1u) == 1u)) { kept++; }
  return sign | select(kept, ((exponent - 113u) << 10u) + kept, normal);
}

fn isSpecial(half: u32) -> bool { return (half & 0x7c00u) == 0x7c00u; }
fn isNan(half: u32) -> bool { return (half & 0x7fffu) > 0x7c00u; }

/** The flag of a product one of whose operands is special. */
fn flagOf(a: u32, b: u32) -> u32 {
  if (isNan(a) || isNan(b) || (a & 0x7fffu) == 0u || (b & 0x7fffu) == 0u) { return IS_NAN; }
  return select(IS_PLUS, IS_MINUS, ((a ^ b) & 0x8000u) != 0u);
}

fn ended(sum: f32, flags: u32) -> u32 {
  if (flags == 0u) { return narrowed(sum); }
  if (flags == IS_PLUS) { return 0x7c00u; }
  return select(0x7e00u, 0xfc00u, flags == IS_MINUS);
}

fn tensorStep(mix: array<vec2u, 4>, entry: array<vec2u, 4>) -> array<vec2u, 4> {
  var halves: array<u32, 16>;
  var numbers: array<f32, 16>;
  var mixes = mix;
  var entries = entry;
  for (var i = 0u; i < 8u; i++) {
    let word = swapped(entries[i / ${WORDS_OF_32}u][i % ${WORDS_OF_32}u]);
    for (var low = 0u; low < 2u; low++) {
      let half = select(word >> 16u, word & 0xffffu, low == 1u);
      halves[2u * i + low] = half;
      if (!isSpecial(half)) { numbers[2u * i + low] = widened(half); }
    }
  }

  var message: array<u32, 13>;
  ${domainWords.map((word, i) => `message[${i}] = ${word}u;`).join("\n  ")}
  for (var i = 0u; i < 8u; i++) {
    let word = mixes[i / ${WORDS_OF_32}u][i % ${WORDS_OF_32}u];
    message[${WHOLE}u + i] |= word << ${8 * (DOMAIN.length % 4)}u;
    message[${WHOLE + 1}u + i] |= word >> ${32 - 8 * (DOMAIN.length % 4)}u;
  }
  message[12] |= ${SUFFIX_SHAKE}u << 24u;
  var s = State();
  for (var i = 0u; i < 6u; i++) { s[i] = vec2u(message[2u * i], message[2u * i + 1u]); }
  s[6] = vec2u(message[12], 0u);
  s[16] = vec2u(0u, 0x80000000u);

  var result: array<vec2u, 4>;
  var sum = 0f;
  var flags = 0u;
  var taken = 0u;
  permute(&s);
  // The matrix, 32 bits at a time, as SHAKE256 gives it: row after row, which is the order of the additions.
  for (var number = 0u; number < 128u; number++) {
    if (taken == 34u) {
      permute(&s);
      taken = 0u;
    }
    let word = swapped(s[taken / 2u][taken % 2u]);
    taken++;
    for (var low = 0u; low < 2u; low++) {
      let column = (2u * number + low) % 16u;
      let half = select(word >> 16u, word & 0xffffu, low == 1u);
      if (isSpecial(half) || isSpecial(halves[column])) { flags |= flagOf(half, halves[column]); }
      else { sum += widened(half) * numbers[column]; }
    }
    if (number % 8u == 7u) {
      let row = number / 8u;
      let big = ended(sum, flags);
      // Big-endian words of 16 bits in little-endian ones of 32.
      let bytes = ((big & 0xffu) << 8u) | (big >> 8u);
      result[row / 4u][(row / 2u) % 2u] |= bytes << (16u * (row % 2u));
      sum = 0f;
      flags = 0u;
    }
  }
  return result;
}
`;
