/** `fp16.json`: binary16 conversions and the multiply-accumulate of the tensor step. */
import {bytesOfHex} from "../../../src/codecs/bytes.js";
import {canonical16, isNan16, narrow, numberOf32, patternOf32, widen} from "../../../src/node/ledger/mining/fp16.js";
import {rowDot} from "../../../src/node/ledger/mining/tensor.js";

type Input =
  | {op: "fp16_to_fp32"; fp16: string}
  | {op: "fp32_to_fp16"; fp32_bits: string}
  | {op: "mac"; acc_fp32_bits: string; m_fp16: string; v_fp16: string}
  | {op: "row_dot"; row: string; vector: string};

const hex16 = (bits: number): string => bits.toString(16).padStart(4, "0");
const hex32 = (bits: number): string => bits.toString(16).padStart(8, "0");
const bitsOf = (hex: string): number => Number.parseInt(hex, 16);

export function fp16(input: Input): unknown {
  switch (input.op) {
    case "fp16_to_fp32": {
      const half = bitsOf(input.fp16);
      return {
        canonical_fp16: hex16(canonical16(half)),
        fp32_bits: hex32(widen(half)),
        is_inf: (half & 0x7fff) === 0x7c00,
        is_nan: isNan16(half),
      };
    }
    case "fp32_to_fp16":
      return {fp16: hex16(narrow(bitsOf(input.fp32_bits)))};
    case "mac": {
      const product = numberOf32(widen(bitsOf(input.m_fp16))) * numberOf32(widen(bitsOf(input.v_fp16)));
      const sum = patternOf32(Math.fround(numberOf32(bitsOf(input.acc_fp32_bits)) + product));
      return {product_fp32_bits: hex32(patternOf32(product)), acc_fp32_bits: hex32(sum), acc_fp16: hex16(narrow(sum))};
    }
    case "row_dot":
      return {fp16: hex16(rowDot(bytesOfHex(input.row), bytesOfHex(input.vector)))};
  }
}
