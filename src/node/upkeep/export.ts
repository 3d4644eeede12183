/** Writes the stored chain as a file that another node, or another program, takes it from. */
import {chainFileBlock, chainFileHead, frameOf} from "../../codecs/chain/chain-file.js";
import {type Genesis, genesisIdOf} from "../../codecs/chain/genesis.js";
import {InvariantError, RuleError, UsageError} from "../../errors.js";
import type {LedgerStore} from "../storage/store.js";

export interface ExportRange {
  /** First height; null for the first that is not block 0, which the genesis gives. */
  readonly from: bigint | null;
  /** Last height; null for the newest. */
  readonly to: bigint | null;
}

export interface ExportPorts {
  readonly genesis: Genesis;
  readonly store: Pick<LedgerStore, "head" | "block" | "receipts" | "epochFrom" | "prunedHeight">;
  /** A block is in the file. */
  wrote(height: bigint, to: bigint): void;
}

/** Heights that are exported. @throws UsageError RANGE_INVALID; RuleError STORE_EMPTY, BLOCK_PRUNED */
export function rangeIn(
  {from, to}: ExportRange,
  store: Pick<LedgerStore, "head" | "prunedHeight">,
): {readonly from: bigint; readonly to: bigint} {
  const head = store.head();
  if (!head || head.header.height === 0n)
    throw new RuleError("STORE_EMPTY", "the store has no block above the genesis", {hint: "run the node first"});
  const last = to ?? head.header.height;
  const first = from ?? 1n;
  if (first < 1n || first > last || last > head.header.height)
    throw new UsageError(
      "RANGE_INVALID",
      `blocks ${first} to ${last} are not 1 to ${head.header.height}, or in no order`,
    );
  const pruned = store.prunedHeight();
  if (first <= pruned)
    throw new RuleError("BLOCK_PRUNED", `blocks up to ${pruned} were pruned here`, {
      hint: `pass --from ${pruned + 1n} for what there is, or export on an archive node`,
    });
  return {from: first, to: last};
}

/** The file in parts. @throws as `rangeIn`, and RuleError BLOCK_PRUNED where receipts were never here */
export async function* exportChain(range: ExportRange, ports: ExportPorts): AsyncGenerator<Uint8Array> {
  const {genesis, store, wrote} = ports;
  const {from, to} = rangeIn(range, store);
  yield frameOf(chainFileHead.encode({chainId: genesis.chainId, genesisId: genesisIdOf(genesis), from, to}));
  for (let height = from; height <= to; height++) {
    const stored = await store.block(height);
    if (!stored) throw new InvariantError(`block ${height} is neither stored nor pruned`);
    const {block, certificate} = stored;
    const closing = store.epochFrom(height)?.closing ?? [];
    const limit = block.transactions.length;
    const receipts = limit === 0 ? [] : [...(await store.receipts({from: height, to: height, limit}))].reverse();
    if (receipts.length < limit)
      throw new RuleError(
        "BLOCK_PRUNED",
        `the receipts of block ${height} are not here, as where a snapshot ended with it`,
        {
          hint: `pass --from ${height + 1n} for what there is, or export on an archive node`,
        },
      );
    yield frameOf(chainFileBlock.encode({block, certificate, receipts, closing}));
    wrote(height, to);
  }
}
