/** Takes a chain from a file. Every block is verified as if a peer had sent it, and what is written is a chain at every moment. */
import {blockIdOf} from "../../codecs/chain/block.js";
import {chainFileBlock, chainFileHead} from "../../codecs/chain/chain-file.js";
import {type Genesis, genesisIdOf} from "../../codecs/chain/genesis.js";
import {DecodeError, RuleError} from "../../errors.js";
import {receiptsRootOf} from "../ledger/chain/assemble.js";
import type {LedgerStore} from "../storage/store.js";
import {Replay, type ReplayPorts} from "./replay.js";

export interface ImportOptions {
  /** Whether the last blocks, which the file itself does not show to be final, are taken as well. */
  readonly trustEnd: boolean;
}

export interface ImportPorts extends ReplayPorts {
  readonly genesis: Genesis;
  readonly store: Pick<LedgerStore, "header">;
  /** Ends the import between two blocks. */
  readonly signal: AbortSignal;
  /** A block was verified. */
  took(height: bigint, to: bigint): void;
}

export interface ImportReport {
  /** Blocks of the file that were here before. */
  readonly known: number;
  readonly imported: number;
  /** Valid blocks at the end of the file that it does not show to be final, and that were left. */
  readonly left: number;
  readonly height: bigint;
}

/**
 * Puts the blocks of a file on the chain; those that it has are compared.
 * @param frames records of the file
 * @throws DecodeError CHAIN_FILE_INVALID, CHAIN_FILE_CUT; RuleError CHAIN_FILE_FOREIGN, CHAIN_FILE_GAP,
 * CHAIN_FILE_FORKS, and what is wrong with a block; what was verified before stays
 */
export async function importChain(
  frames: AsyncIterable<Uint8Array>,
  {trustEnd}: ImportOptions,
  ports: ImportPorts,
): Promise<ImportReport> {
  const {chain, store, signal} = ports;
  const replay = new Replay(ports);
  const before = chain.tip.height;
  let to: bigint | null = null;
  let next = 0n;
  let known = 0;
  /** Of the block before, as the file tells its receipts. */
  let receiptsRoot: string | null = null;
  for await (const frame of frames) {
    signal.throwIfAborted();
    if (to === null) {
      const head = chainFileHead.decode(frame);
      checkHead(head, ports.genesis, before);
      ({from: next, to} = head);
      continue;
    }
    const each = chainFileBlock.decode(frame);
    const {header} = each.block;
    if (header.height !== next || next > to)
      throw new DecodeError("CHAIN_FILE_INVALID", `block ${header.height} stands where ${next} belongs, of ${to}`);
    if (receiptsRoot !== null && receiptsRoot !== header.parentReceiptsRoot)
      throw new DecodeError("CHAIN_FILE_INVALID", `block ${next - 1n} comes with other receipts than its own`);
    receiptsRoot = receiptsRootOf(each);
    if (next <= before) {
      if (blockIdOf(store.header(next)!) !== blockIdOf(header))
        throw new RuleError("CHAIN_FILE_FORKS", `block ${next} is another one here`, {
          hint: "one of the two is of another chain with the same genesis: find out which validators signed both",
        });
      known++;
    } else await replay.take(each);
    ports.took(next, to);
    next++;
  }
  if (to === null || next <= to)
    throw new DecodeError("CHAIN_FILE_CUT", `the file ends before block ${next}${to === null ? "" : ` of ${to}`}`, {
      hint: "copy it again, and import it again: what is here already is passed over",
    });
  if (trustEnd) await replay.takeRest();
  const left = replay.unproved;
  replay.dropRest();
  return {known, imported: Number(chain.tip.height - before), left, height: chain.tip.height};
}

function checkHead(
  {genesisId, from, to}: ReturnType<typeof chainFileHead.decode>,
  genesis: Genesis,
  tip: bigint,
): void {
  if (from < 1n || from > to) throw new DecodeError("CHAIN_FILE_INVALID", `a file of blocks ${from} to ${to}`);
  if (genesisId !== genesisIdOf(genesis))
    throw new RuleError("CHAIN_FILE_FOREIGN", "the file is of a chain with another genesis", {
      hint: "make the data directory with qsdm node init --genesis and the chain's own file",
    });
  if (from > tip + 1n)
    throw new RuleError("CHAIN_FILE_GAP", `the file begins with block ${from}, the chain here ends with ${tip}`, {
      hint: "import a file with the blocks between first",
    });
}
