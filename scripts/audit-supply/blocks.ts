/**
 * The blocks of an exported chain, each held to what commits to it: the block before, the roots of its own header, and for
 * its receipts the next header. Votes are left to `qsdm store import`, which checks them.
 */

import {hexOf} from "../../src/codecs/bytes.js";
import {type Block, blockIdOf, coinbaseEntry, type Header} from "../../src/codecs/chain/block.js";
import {type ChainFileBlock, chainFileBlock, chainFileHead} from "../../src/codecs/chain/chain-file.js";
import {type Genesis, genesisIdOf} from "../../src/codecs/chain/genesis.js";
import {encodedReceipt, type Receipt} from "../../src/codecs/chain/receipt.js";
import {batchRef} from "../../src/codecs/dag/batch.js";
import {sha3} from "../../src/codecs/hash.js";
import {AuditFault, fault} from "./fault.js";

export interface AuditedBlock extends Pick<ChainFileBlock, "block" | "receipts"> {
  readonly id: string;
}

const NOTHING = "00".repeat(32);
const LEAF = Uint8Array.of(2);
const NODE = Uint8Array.of(3);

/** Merkle root of a section: tagged leaves and nodes, an odd one moves up (docs/decisions/0003-block-and-state.md). */
function rootOf(items: readonly Uint8Array[]): string {
  let level = items.map((item) => sha3(LEAF, item));
  while (level.length > 1) {
    const above: Uint8Array[] = [];
    for (let i = 0; i < level.length; i += 2)
      above.push(i + 1 < level.length ? sha3(NODE, level[i]!, level[i + 1]!) : level[i]!);
    level = above;
  }
  return level.length === 0 ? NOTHING : hexOf(level[0]!);
}

function checkBody({header, transactions, proofs, coinbase, batches}: Block): void {
  const sections: readonly [string, readonly Uint8Array[], string, number][] = [
    ["transactions", transactions, header.transactionsRoot, header.transactionCount],
    ["proofs", proofs, header.proofsRoot, header.proofCount],
    ["coinbase", coinbase.map((each) => coinbaseEntry.encode(each)), header.coinbaseRoot, header.coinbaseCount],
    ["batches", batches.map((each) => batchRef.encode(each)), header.batchesRoot, header.batchCount],
  ];
  for (const [name, items, root, count] of sections)
    if (items.length !== count || rootOf(items) !== root)
      fault(header.height, `its ${name} are not those of its header`);
}

/** Block 0, whose parent is the digest of the genesis. */
const genesisHeader = (genesis: Genesis): Header => ({
  chainId: genesis.chainId,
  ...{height: 0n, epoch: 0n, view: 0n, timeMs: genesis.timeMs},
  ...{parentId: genesisIdOf(genesis), parentStateRoot: NOTHING, parentReceiptsRoot: NOTHING},
  ...{transactionsRoot: NOTHING, proofsRoot: NOTHING, coinbaseRoot: NOTHING, batchesRoot: NOTHING},
  ...{transactionCount: 0, proofCount: 0, coinbaseCount: 0, batchCount: 0},
  ...{baseFeeDust: genesis.params.baseFeeDust, gasUsed: 0n, proposer: genesis.validators[0]!.account},
});

const receiptsRootOf = (receipts: readonly Receipt[]): string => rootOf(receipts.map(encodedReceipt));

/**
 * Blocks from height 1 on. Receipts of the last one are committed to by no header of the file.
 * @param frames records of the file
 * @throws AuditFault, DecodeError
 */
export async function* auditedBlocks(
  frames: AsyncIterable<Uint8Array>,
  genesis: Genesis,
): AsyncGenerator<AuditedBlock> {
  let parentId = blockIdOf(genesisHeader(genesis));
  let receiptsRoot = NOTHING;
  let next = 0n;
  let to = 0n;
  for await (const frame of frames) {
    if (next === 0n) {
      const head = chainFileHead.decode(frame);
      if (head.genesisId !== genesisIdOf(genesis)) throw new AuditFault("the file is of a chain with another genesis");
      if (head.from !== 1n) throw new AuditFault(`the file begins with block ${head.from}: the sum needs all of them`);
      to = head.to;
      next = 1n;
      continue;
    }
    const {block, receipts} = chainFileBlock.decode(frame);
    const {header} = block;
    if (header.height !== next || next > to) fault(next, `block ${header.height} stands in its place`);
    if (header.parentId !== parentId) fault(next, "it does not follow the block before");
    if (header.parentReceiptsRoot !== receiptsRoot) fault(next - 1n, "its receipts are not those of the next header");
    checkBody(block);
    parentId = blockIdOf(header);
    receiptsRoot = receiptsRootOf(receipts);
    yield {id: parentId, block, receipts};
    next++;
  }
  if (next === 0n || next <= to) throw new AuditFault(`the file ends before block ${next} of ${to}`);
}
