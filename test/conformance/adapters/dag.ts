/** `dag.json`: the table, both mix digests over it, and the solver. */
import {bytesOfHex, hexOf} from "../../../src/codecs/bytes.js";
import {encodeProof, NO_ATTESTATION, proofIdOf} from "../../../src/codecs/mining/proof.js";
import {buildDag, checkEntries, entryAt, firstEntry} from "../../../src/node/ledger/mining/dag.js";
import {isForked} from "../../../src/node/ledger/mining/epoch.js";
import {checkSolver, solveSlice} from "../../../src/node/ledger/mining/solve.js";
import {targetOf} from "../../../src/node/ledger/mining/target.js";
import {mixDigest} from "../../../src/node/ledger/mining/walk.js";

import {AnyOf} from "../case.js";

interface Table {
  epoch: string;
  n: number;
  workset_root: string;
}
type Solve = Table & {
  op: "solve";
  height: string;
  header_hash: string;
  miner_addr: string;
  batch_root: string;
  batch_count: number;
  difficulty: string;
  start_nonce: string;
  tensor_core_active: boolean;
};
type Input =
  | ({op: "seed"} & Omit<Table, "n">)
  | ({op: "entries"} & Table)
  | ({op: "get"; index: number} & Table)
  | ({op: "mix"; header_hash: string; nonce: string} & Table)
  | {op: "new"; n: number}
  | Solve
  | {op: "solver_validate"; miner_addr: string; batch_count: number; target?: string | null; has_dag: boolean};

const seedOf = ({epoch, workset_root}: Omit<Table, "n">) => ({
  epoch: BigInt(epoch),
  workSetRoot: bytesOfHex(workset_root),
});
const tableOf = (input: Table): Uint8Array => buildDag({...seedOf(input), entries: input.n});

export function dag(input: Input): unknown {
  switch (input.op) {
    case "seed":
      return {entry0: hexOf(firstEntry(seedOf(input)))};
    case "entries": {
      const table = tableOf(input);
      const indices = [...new Array(input.n).keys()];
      return {entries: new AnyOf(indices.map((index) => ({index, value: hexOf(entryAt(table, index))})))};
    }
    case "get":
      return {value: hexOf(entryAt(tableOf(input), input.index))};
    case "mix": {
      const [table, header, nonce] = [tableOf(input), bytesOfHex(input.header_hash), bytesOfHex(input.nonce)];
      const digest = (version: 1 | 2) => hexOf(mixDigest(table, {headerHash: header, nonce}, version));
      return {mix_v1: digest(1), mix_v2: digest(2)};
    }
    case "new":
      checkEntries(input.n);
      return {ok: true};
    case "solve":
      return solve(input);
    case "solver_validate": {
      const target = input.target === undefined || input.target === null ? null : BigInt(input.target);
      const entries = input.has_dag ? 2 : 0;
      checkSolver({minerAddr: input.miner_addr, batchCount: input.batch_count, target, entries});
      return {ok: true};
    }
  }
}

/** Searches far longer than any recorded case needs. */
const MOST_ATTEMPTS = 1_000_000;

function solve(input: Solve): unknown {
  const target = targetOf(BigInt(input.difficulty));
  const tensorHeight = input.tensor_core_active ? 0n : 2n ** 64n - 1n;
  const job = {
    headerHash: bytesOfHex(input.header_hash),
    batchRoot: bytesOfHex(input.batch_root),
    target,
    table: tableOf(input),
    mix: isForked(BigInt(input.height), tensorHeight) ? 2 : 1,
  } as const;
  const {solution, attempts} = solveSlice(job, bytesOfHex(input.start_nonce), MOST_ATTEMPTS);
  const proof = {
    version: 1,
    epoch: BigInt(input.epoch),
    height: BigInt(input.height),
    headerHash: job.headerHash,
    minerAddr: input.miner_addr,
    batchRoot: job.batchRoot,
    batchCount: input.batch_count,
    nonce: solution!.nonce,
    mixDigest: solution!.mixDigest,
    attestation: NO_ATTESTATION,
  };
  return {
    attempts: `${attempts}`,
    nonce: hexOf(proof.nonce),
    mix_digest: hexOf(proof.mixDigest),
    canonical_hex: hexOf(encodeProof(proof)),
    proof_id: hexOf(proofIdOf(proof)),
  };
}
