/** Headers: made from a finished run, and checked against one. */
import {type Block, blockIdOf, coinbaseEntry, type Header} from "../../../codecs/chain/block.js";
import {encodedReceipt} from "../../../codecs/chain/receipt.js";
import {batchRef} from "../../../codecs/dag/batch.js";
import {RuleError, UnavailableError} from "../../../errors.js";
import type {ChainParams} from "../params/chain-params.js";
import type {HashAll} from "../state/hashing.js";
import type {RunResult} from "./run.js";
import {sectionRoot} from "./sections.js";

/** What a child block says of its parent. */
export interface Parent {
  readonly id: string;
  readonly height: bigint;
  readonly epoch: bigint;
  readonly view: bigint;
  readonly timeMs: bigint;
  readonly stateRoot: string;
  readonly receiptsRoot: string;
}

/** Furthest that a proposer's clock may run ahead of a verifier's. */
export const MAX_CLOCK_DRIFT_MS = 15_000n;

/** Root that the next header will carry for `receipts`. */
export const receiptsRootOf = ({receipts}: Pick<RunResult, "receipts">, hashAll?: HashAll): string =>
  sectionRoot(receipts.map(encodedReceipt), hashAll);

/** What a header says besides what its parent and its body give. */
export type Seal = Pick<Header, "chainId" | "epoch" | "view" | "timeMs" | "proposer"> & Pick<Block, "batches">;

/** The block that a run amounts to. */
export function assembleBlock(
  result: RunResult,
  parent: Parent,
  {chainId, epoch, view, timeMs, proposer, batches}: Seal,
): Block {
  const {proofs, coinbase} = result;
  const body = {transactions: result.transactions.map((each) => each.bytes), proofs, coinbase, batches};
  return {
    header: {
      chainId,
      height: parent.height + 1n,
      epoch,
      view,
      timeMs,
      parentId: parent.id,
      parentStateRoot: parent.stateRoot,
      parentReceiptsRoot: parent.receiptsRoot,
      ...sectionsOf(body),
      baseFeeDust: result.baseFeeDust,
      gasUsed: result.gasUsed,
      proposer,
    },
    ...body,
  };
}

type Body = Omit<Block, "header">;
type Sections = Pick<Header, `${keyof Body}Root` | "transactionCount" | "proofCount" | "coinbaseCount" | "batchCount">;

const sectionsOf = ({transactions, proofs, coinbase, batches}: Body, hashAll?: HashAll): Sections => ({
  transactionsRoot: sectionRoot(transactions, hashAll),
  proofsRoot: sectionRoot(proofs, hashAll),
  coinbaseRoot: sectionRoot(
    coinbase.map((each) => coinbaseEntry.encode(each)),
    hashAll,
  ),
  batchesRoot: sectionRoot(
    batches.map((each) => batchRef.encode(each)),
    hashAll,
  ),
  transactionCount: transactions.length,
  proofCount: proofs.length,
  coinbaseCount: coinbase.length,
  batchCount: batches.length,
});

/**
 * Whether the body is the one that the header names. The id covers the header alone: without this, whoever passes a
 * block on could put another body under its id.
 */
export function isBodyOf({header, ...body}: Block, hashAll?: HashAll): boolean {
  const sections = sectionsOf(body, hashAll);
  return (Object.keys(sections) as (keyof Sections)[]).every((name) => header[name] === sections[name]);
}

/**
 * Checks what can be checked before execution.
 * @param nowMs this machine's clock; null where it has no say: a clock may be wrong, and whoever refused a block for good
 *   by a wrong one would refuse everything that is built on it
 * @throws RuleError HEADER_INVALID; UnavailableError BLOCK_EARLY, which another try can find changed
 */
export function checkHeader(
  header: Header,
  parent: Parent,
  {params, nowMs}: {params: ChainParams; nowMs: bigint | null},
): void {
  const refuse = (what: string): never => {
    throw new RuleError("HEADER_INVALID", `block ${header.height}: ${what}`);
  };
  if (header.chainId !== params.chainId) refuse(`chain ${header.chainId}, this is ${params.chainId}`);
  if (header.height !== parent.height + 1n) refuse(`does not follow height ${parent.height}`);
  if (header.parentId !== parent.id) refuse(`parent ${header.parentId}, the tip is ${parent.id}`);
  if (header.parentStateRoot !== parent.stateRoot) refuse("another state root for the parent");
  if (header.parentReceiptsRoot !== parent.receiptsRoot) refuse("another receipts root for the parent");
  if (header.epoch < parent.epoch) refuse(`epoch ${header.epoch}, the parent is of ${parent.epoch}`);
  if (header.view <= parent.view) refuse(`view ${header.view}, the parent is of ${parent.view}`);
  if (header.timeMs <= parent.timeMs) refuse("time does not advance");
  if (nowMs !== null && header.timeMs > nowMs + MAX_CLOCK_DRIFT_MS)
    throw new UnavailableError("BLOCK_EARLY", `block ${header.height}: its time is in the future`, {
      hint: "set this machine's clock",
    });
}

/**
 * Checks that a block is what its own execution makes of it: body and coinbase are recomputed, not believed.
 * @throws RuleError BODY_INVALID
 */
export function checkBody(block: Block, result: RunResult, parent: Parent): void {
  const recomputed = assembleBlock(result, parent, {...block.header, batches: block.batches});
  if (blockIdOf(recomputed.header) !== blockIdOf(block.header))
    throw new RuleError("BODY_INVALID", `block ${block.header.height}: the body does not give the header's roots`);
}
