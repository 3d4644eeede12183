/** P13: what a block of transfers takes whose signatures were checked before, beside a block that anvil mines. */
import type {ComputeBackend} from "../../../src/node/compute/backend.js";
import {receiptsRootOf} from "../../../src/node/ledger/chain/assemble.js";
import type {RunResult} from "../../../src/node/ledger/chain/run.js";
import type {Transaction} from "../../../src/node/ledger/chain/transaction.js";
import {hashEach} from "../../../src/node/ledger/state/hashing.js";
import {leafChanges} from "../../../src/node/ledger/state/state.js";
import {type TreeNode, updateTree} from "../../../src/node/ledger/state/tree.js";
import {type Ground, groundOf, runBlock, transferOf} from "../../support/transfers.js";
import {best, type Print, ratio} from "../compute/rounds.js";
import {ethereumPerSecond} from "../peers/peers.js";

/** As many as anvil has accounts and as its block is measured with. */
const [FEW, BLOCK] = [100, 2_920];
const [MANY, LARGE] = [20_000, 10_000];

/** Enough for the code to be compiled by the last of them: a node executes blocks all day. */
const ROUNDS = 40;

interface Case {
  readonly ground: Ground;
  readonly transactions: readonly Transaction[];
  readonly tree: TreeNode;
}

/** All senders but one pay the one, in turn: as the peer's do. */
function toOne(): Case {
  const transactions = Array.from({length: BLOCK}, (_, i) =>
    transferOf(1 + (i % (FEW - 1)), 0, BigInt(Math.floor(i / (FEW - 1)))),
  );
  return caseOf(FEW, transactions);
}

/** Nobody meets anybody. */
function apart(): Case {
  return caseOf(
    MANY,
    Array.from({length: LARGE}, (_, i) => transferOf(i, MANY - 1 - i, 0n)),
  );
}

function caseOf(accounts: number, transactions: readonly Transaction[]): Case {
  const ground = groundOf(accounts);
  return {ground, transactions, tree: updateTree(null, leafChanges(ground.changes))};
}

export function benchTransition({name, sha3Packed = hashEach}: ComputeBackend, print: Print): void {
  const theirs = ethereumPerSecond("anvil-block", BLOCK);
  print(`P13 transfers in a block, their signatures checked before; roots hashed by ${name}`);
  if (typeof theirs === "string") print(`  anvil: missing, ${theirs}`);
  else print(`  anvil mines a block of ${BLOCK} between ${FEW} accounts: ${theirs.toFixed(0)}/s`);
  for (const [what, make] of [
    [`${BLOCK} between ${FEW} accounts`, toOne],
    [`${LARGE} between ${MANY} accounts`, apart],
  ] as const) {
    const {ground, transactions, tree} = make();
    let result: RunResult = runBlock(ground, transactions);
    const {execute, roots} = best(
      {
        execute: () => {
          result = runBlock(ground, transactions);
        },
        roots: () => {
          receiptsRootOf(result, sha3Packed);
          updateTree(tree, leafChanges(result.state.changes(), sha3Packed), sha3Packed);
        },
      },
      ROUNDS,
    );
    for (const [did, ms] of [
      ["executed", execute],
      ["executed, with the roots of state and receipts", execute + roots],
    ] as const) {
      const perSecond = (transactions.length * 1_000) / ms;
      const beside = typeof theirs === "string" ? "" : `, ${ratio(perSecond, theirs)} anvil (goal 10x)`;
      print(`  ${what}, ${did}: ${perSecond.toFixed(0)}/s${beside}`);
    }
  }
}
