/** P24: Pedersen's commitments over BLS12-381, beside @noble/curves with tables and without. */
import {randomBytes} from "node:crypto";
import {bls12_381} from "@noble/curves/bls12-381.js";
import {equalBytes, hexOf} from "../../../src/codecs/bytes.js";
import {createNoblePedersen} from "../../../src/node/compute/pedersen/noble.js";
import {loadPedersen, SCALAR_BYTES} from "../../../src/node/compute/pedersen.js";
import {best, type Print, ratio} from "./rounds.js";

const MANY = 16;
const FEW = 2;

/** A scalar whose first byte is 0 is below the order. */
function scalars(count: number): Uint8Array {
  const bytes = new Uint8Array(randomBytes(count * SCALAR_BYTES));
  for (let at = 0; at < bytes.length; at += SCALAR_BYTES) bytes[at] = 0;
  return bytes;
}

export async function benchCommitments(print: Print): Promise<void> {
  const ours = await loadPedersen();
  const noble = createNoblePedersen();
  const [values, blindings] = [scalars(MANY), scalars(MANY)];
  const few = [values, blindings].map((bytes) => bytes.subarray(0, FEW * SCALAR_BYTES)) as [Uint8Array, Uint8Array];
  const right = noble.commit(...few)!;
  if (!equalBytes(ours.commit(values, blindings).subarray(0, right.length), right))
    print("WRONG COMMITMENTS: P24 does not count");
  const {Point} = bls12_381.G1;
  const second = Point.BASE.double();
  const plain = (): void => {
    for (let i = 0; i < FEW; i++) {
      const [m, b] = few.map((bytes) => BigInt(`0x${hexOf(bytes.subarray(i * SCALAR_BYTES, (i + 1) * SCALAR_BYTES))}`));
      Point.BASE.multiplyUnsafe(m!).add(second.multiplyUnsafe(b!)).toHex(true);
    }
  };
  const took = best({ours: () => ours.commit(values, blindings), noble: () => noble.commit(...few), plain});
  const [each, tables, bare] = [took.ours / MANY, took.noble / FEW, took.plain / FEW];
  print(`P24 Pedersen's commitments over BLS12-381 by ${ours.name}, batches of ${MANY}: ${(1e3 / each).toFixed(0)}/s`);
  print(`  noble, a multiplication each ${(1e3 / bare).toFixed(0)}/s: ratio ${ratio(bare, each)} (goal 20)`);
  print(`  noble with tables for both generators ${(1e3 / tables).toFixed(0)}/s: ratio ${ratio(tables, each)}`);
}
