/** Commitments by @noble/curves, with tables for both generators: the reference. Its time depends on the scalars a little. */
import {bls12_381} from "@noble/curves/bls12-381.js";
import {bytesOfHex, concat, hexOf, utf8} from "../../../codecs/bytes.js";
import {type PedersenBackend, SCALAR_BYTES} from "../pedersen.js";

/** Bits that a step of a table takes. */
const WINDOW = 8;

export function createNoblePedersen(): PedersenBackend {
  const {Point} = bls12_381.G1;
  const h = bls12_381.G1.hashToCurve(utf8("qsdm/pedersen/h/v1"), {
    DST: "QSDM-V1-CS01-with-BLS12381G1_XMD:SHA-256_SSWU_RO_",
  });
  const [first, second] = [Point.fromAffine(Point.BASE.toAffine()), Point.fromAffine(h.toAffine())];
  for (const generator of [first, second]) generator.precompute(WINDOW, false);
  const {ORDER} = bls12_381.fields.Fr;
  const scalarsOf = (bytes: Uint8Array): readonly bigint[] =>
    Array.from({length: bytes.length / SCALAR_BYTES}, (_, i) =>
      BigInt(`0x${hexOf(bytes.subarray(i * SCALAR_BYTES, (i + 1) * SCALAR_BYTES))}`),
    );
  // It refuses to multiply by 0.
  const times = (generator: typeof first, scalar: bigint) => (scalar === 0n ? Point.ZERO : generator.multiply(scalar));
  return {
    name: "noble",
    commit(values, blindings) {
      const [ms, bs] = [scalarsOf(values), scalarsOf(blindings)];
      if ([...ms, ...bs].some((scalar) => scalar >= ORDER)) return null;
      const points = ms.map((m, i) => times(first, m).add(times(second, bs[i]!)));
      return concat(...points.map((point) => bytesOfHex(point.toHex(true))));
    },
  };
}
