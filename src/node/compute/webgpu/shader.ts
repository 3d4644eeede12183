/**
 * SHA3-256, the walks and the search in WGSL. A thread does one message, one walk or one attempt; a word of Keccak is a
 * pair of 32-bit integers, low half first.
 * Source: FIPS 202, sections 3.2 and 6.1; QSDM mining protocol, sections 7 to 9.
 */
import {WALK_STEPS} from "../../ledger/mining/walk.js";
import {KECCAK_ROUNDS, KECCAK_WORDS, ROUND_CONSTANTS, rotation, source} from "../keccak.js";
import {TENSOR_SHADER} from "./tensor-shader.js";

/** Threads of a workgroup. */
export const GROUP_THREADS = 64;
/** Buffers that a table may be spread over, since a binding has an end: 1 GiB on some devices. */
export const TABLE_BUFFERS = 4;
/** Where things lie in the parameters, in words of 32 bits. */
export const PARAMETER = {
  header: 0,
  nonce: 8,
  batchRoot: 12,
  /** Largest hash that is taken, most significant word first. */
  limit: 20,
  entries: 28,
  /** Entries of one of the table's buffers, as a power of two. */
  shift: 29,
  /** Threads that have something to do. */
  count: 30,
} as const;
export const PARAMETER_WORDS = 32;
/** What a search that found nothing leaves. */
export const NOTHING = 0xffff_ffff;

const FIVE = [0, 1, 2, 3, 4];
const WORDS = Array.from({length: KECCAK_WORDS}, (_, word) => word);

function rotated(word: string, bits: number): string {
  const half = bits < 32 ? word : `${word}.yx`;
  const other = bits < 32 ? `${word}.yx` : word;
  const by = bits % 32;
  return by === 0 ? half : `((${half} << vec2u(${by}u)) | (${other} >> vec2u(${32 - by}u)))`;
}

const halves = (word: bigint): string => `vec2u(${word & 0xffff_ffffn}u, ${word >> 32n}u)`;

const PERMUTATION = `
const ROUNDS = array<vec2u, ${KECCAK_ROUNDS}>(${ROUND_CONSTANTS.map(halves).join(", ")});
alias State = array<vec2u, ${KECCAK_WORDS}>;

fn permute(state: ptr<function, State>) {
  ${WORDS.map((i) => `var a${i} = (*state)[${i}];`).join("\n  ")}
  for (var r = 0u; r < ${KECCAK_ROUNDS}u; r++) {
    ${FIVE.map((x) => `let c${x} = ${[0, 5, 10, 15, 20].map((y) => `a${x + y}`).join(" ^ ")};`).join("\n    ")}
    ${FIVE.map((x) => `let d${x} = c${(x + 4) % 5} ^ ${rotated(`c${(x + 1) % 5}`, 1)};`).join("\n    ")}
    ${WORDS.map((i) => `let e${i} = a${i} ^ d${i % 5};`).join("\n    ")}
    ${WORDS.map((i) => `let b${i} = ${rotated(`e${source[i]!}`, rotation[source[i]!]!)};`).join("\n    ")}
    ${WORDS.map((i) => {
      const row = i - (i % 5);
      return `a${i} = b${i} ^ (~b${row + ((i + 1) % 5)} & b${row + ((i + 2) % 5)});`;
    }).join("\n    ")}
    a0 ^= ROUNDS[r];
  }
  ${WORDS.map((i) => `(*state)[${i}] = a${i};`).join("\n  ")}
}
`;

const tableNames = Array.from({length: TABLE_BUFFERS}, (_, i) => `table${i}`);

const WALK = (mix: 1 | 2): string => `
fn walk${mix}(header: Digest, nonce: vec4u) -> Digest {
  var s = State();
  for (var i = 0u; i < 4u; i++) { s[i] = vec2u(header[2u * i], header[2u * i + 1u]); }
  s[4] = nonce.xy;
  s[5] = nonce.zw;
  finish(&s, 6u);
  for (var step = 0u; step < ${WALK_STEPS}u; step++) {
    let mix = array<vec2u, 4>(s[0], s[1], s[2], s[3]);
    let entry = entryAt(swapped(s[0].x) % parameters[${PARAMETER.entries}]);
    ${mix === 1 ? "" : "let product = tensorStep(mix, entry);"}
    s = State();
    for (var i = 0u; i < 4u; i++) {
      s[i] = mix[i];
      s[4u + i] = entry[i];
      ${mix === 1 ? "" : "s[8u + i] = product[i];"}
    }
    finish(&s, ${mix === 1 ? 8 : 12}u);
  }
  return digestOf(&s);
}

/** Mix digests of \`count\` starts of twelve words. */
@compute @workgroup_size(${GROUP_THREADS})
fn walks${mix}(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= parameters[${PARAMETER.count}]) { return; }
  var header: Digest;
  let at = 12u * id.x;
  for (var i = 0u; i < 8u; i++) { header[i] = input[at + i]; }
  let mix = walk${mix}(header, vec4u(input[at + 8u], input[at + 9u], input[at + 10u], input[at + 11u]));
  for (var i = 0u; i < 8u; i++) { atomicStore(&output[8u * id.x + i], mix[i]); }
}

/** Leaves the number of the first attempt that meets the limit. */
@compute @workgroup_size(${GROUP_THREADS})
fn search${mix}(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= parameters[${PARAMETER.count}]) { return; }
  let header = parameterDigest(${PARAMETER.header}u);
  let nonce = nonceOf(id.x);
  let mix = walk${mix}(header, nonce);
  let root = parameterDigest(${PARAMETER.batchRoot}u);
  var s = State();
  for (var i = 0u; i < 4u; i++) {
    s[i] = vec2u(header[2u * i], header[2u * i + 1u]);
    s[6u + i] = vec2u(root[2u * i], root[2u * i + 1u]);
    s[10u + i] = vec2u(mix[2u * i], mix[2u * i + 1u]);
  }
  s[4] = nonce.xy;
  s[5] = nonce.zw;
  finish(&s, 14u);
  let hash = digestOf(&s);
  for (var i = 0u; i < 8u; i++) {
    let word = swapped(hash[i]);
    let limit = parameters[${PARAMETER.limit}u + i];
    if (word > limit) { return; }
    if (word < limit) { break; }
  }
  atomicMin(&output[0], id.x);
}
`;

export const SHADER = `
@group(0) @binding(0) var<storage, read> parameters: array<u32>;
@group(0) @binding(1) var<storage, read> input: array<u32>;
@group(0) @binding(2) var<storage, read_write> output: array<atomic<u32>>;
${tableNames.map((name, i) => `@group(0) @binding(${3 + i}) var<storage, read> ${name}: array<vec4u>;`).join("\n")}

alias Digest = array<u32, 8>;
${PERMUTATION}
/** Pads a message of \`words\` words and hashes it. */
fn finish(state: ptr<function, State>, words: u32) {
  (*state)[words] = vec2u(0x06u, 0u);
  (*state)[16] = vec2u((*state)[16].x, (*state)[16].y | 0x80000000u);
  permute(state);
}

fn digestOf(state: ptr<function, State>) -> Digest {
  let s = *state;
  return Digest(s[0].x, s[0].y, s[1].x, s[1].y, s[2].x, s[2].y, s[3].x, s[3].y);
}

fn parameterDigest(at: u32) -> Digest {
  var digest: Digest;
  for (var i = 0u; i < 8u; i++) { digest[i] = parameters[at + i]; }
  return digest;
}

/** The nonce \`by\` after the first: 128 bits, little-endian. */
fn nonceOf(by: u32) -> vec4u {
  var nonce: vec4u;
  var carry = by;
  for (var i = 0u; i < 4u; i++) {
    let sum = parameters[${PARAMETER.nonce}u + i] + carry;
    carry = select(0u, 1u, sum < carry);
    nonce[i] = sum;
  }
  return nonce;
}

/** The other order of bytes. */
fn swapped(word: u32) -> u32 {
  return (word << 24u) | ((word & 0xff00u) << 8u) | ((word >> 8u) & 0xff00u) | (word >> 24u);
}

fn pairs(first: vec4u, second: vec4u) -> array<vec2u, 4> {
  return array<vec2u, 4>(first.xy, first.zw, second.xy, second.zw);
}

fn entryAt(index: u32) -> array<vec2u, 4> {
  let shift = parameters[${PARAMETER.shift}];
  let at = 2u * (index & ((1u << shift) - 1u));
  switch index >> shift {
    ${tableNames.map((name, i) => `${i + 1 < TABLE_BUFFERS ? `case ${i}u` : "default"}: { return pairs(${name}[at], ${name}[at + 1u]); }`).join("\n    ")}
  }
}
${TENSOR_SHADER}
/** Digests of \`count\` padded blocks. */
@compute @workgroup_size(${GROUP_THREADS})
fn hashes(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= parameters[${PARAMETER.count}]) { return; }
  var s = State();
  for (var i = 0u; i < 17u; i++) { s[i] = vec2u(input[34u * id.x + 2u * i], input[34u * id.x + 2u * i + 1u]); }
  permute(&s);
  let digest = digestOf(&s);
  for (var i = 0u; i < 8u; i++) { atomicStore(&output[8u * id.x + i], digest[i]); }
}
${WALK(1)}
${WALK(2)}
`;
