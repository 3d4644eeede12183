/** The addon's batches over both fields. */

import {allocate} from "../../../codecs/bytes.js";
import {ELEMENT_BYTES} from "../../quorum/field/bytes.js";
import type {FieldBatches} from "../field.js";
import type {Addon} from "./addon.js";

/** @param path index of a path that this machine can run */
export const nativeField = ({field}: Addon, path: number): FieldBatches => {
  const into = (size: number, write: (out: Uint8Array) => void, out = allocate(size)): Uint8Array => {
    write(out);
    return out;
  };
  const pairs =
    (run: (a: Uint8Array, b: Uint8Array, out: Uint8Array) => void) =>
    (a: Uint8Array, b: Uint8Array, given?: Uint8Array) =>
      into(a.length, (out) => run(a, b, out), given);
  return {
    add: pairs(field.add),
    multiply: pairs(field.multiply),
    invert: (a) => into(a.length, (out) => field.invert(a, out)),
    combine: (weights, matrix, given) =>
      into(rowBytes(matrix, weights.length / ELEMENT_BYTES), (out) => field.combine(weights, matrix, out), given),
    evaluate: (xs, matrix, rows) =>
      into(rowBytes(matrix, rows) * (xs.length / ELEMENT_BYTES), (out) => field.evaluate(xs, matrix, out, rows)),
    gf256: {
      combine: (weights, matrix, given) =>
        into(rowBytes(matrix, weights.length), (out) => field.gf256Combine(path, weights, matrix, out), given),
      evaluate: (xs, matrix, rows) =>
        into(rowBytes(matrix, rows) * xs.length, (out) => field.gf256Evaluate(path, xs, matrix, out, rows)),
    },
  };
};

/** The addon refuses what does not come out even. */
const rowBytes = (matrix: Uint8Array, rows: number): number => Math.floor(matrix.length / Math.max(1, rows));
