/** `pow_v2.json`: matrix expansion, tensor step and version 2 of the mix digest. */
import {bytesOfHex, concat, hexOf} from "../../../src/codecs/bytes.js";
import {sha3} from "../../../src/codecs/hash.js";
import {buildDag, entryAt} from "../../../src/node/ledger/mining/dag.js";
import {matrixOf, tensorStep, vectorOf} from "../../../src/node/ledger/mining/tensor.js";
import {indexOf, mixDigest} from "../../../src/node/ledger/mining/walk.js";

interface Walk {
  epoch: string;
  n: number;
  workset_root: string;
  header_hash: string;
  nonce: string;
}
type Input =
  | {op: "matrix"; mix: string}
  | {op: "tensor"; mix: string; entry: string}
  | ({op: "mix_v2"} & Walk)
  | ({op: "mix_v2_trace"; steps_shown: number} & Walk);

export function powV2(input: Input): unknown {
  switch (input.op) {
    case "matrix":
      return {matrix: hexOf(matrixOf(bytesOfHex(input.mix)))};
    case "tensor": {
      const entry = bytesOfHex(input.entry);
      return {vector: hexOf(vectorOf(entry)), tc: hexOf(tensorStep(bytesOfHex(input.mix), entry))};
    }
    case "mix_v2":
      return {mix_v2: digestOf(input)};
    case "mix_v2_trace":
      return {mix_v2: digestOf(input), steps: trace(input, input.steps_shown)};
  }
}

const tableOf = ({epoch, n, workset_root}: Walk) =>
  buildDag({epoch: BigInt(epoch), workSetRoot: bytesOfHex(workset_root), entries: n});
const digestOf = (input: Walk): string =>
  hexOf(mixDigest(tableOf(input), {headerHash: bytesOfHex(input.header_hash), nonce: bytesOfHex(input.nonce)}, 2));

/** The walk again, written down step by step; the digest above comes from the code that miners run. */
function trace(input: Walk, shown: number): unknown[] {
  const table = tableOf(input);
  let mix = sha3(concat(bytesOfHex(input.header_hash), bytesOfHex(input.nonce)));
  const steps = [];
  for (let step = 0; step < shown; step++) {
    const index = indexOf(mix, input.n);
    const entry = entryAt(table, index);
    const tc = tensorStep(mix, entry);
    const next = sha3(concat(mix, entry, tc));
    steps.push({step, index, entry: hexOf(entry), mix_in: hexOf(mix), mix_out: hexOf(next), tc: hexOf(tc)});
    mix = next;
  }
  return steps;
}
