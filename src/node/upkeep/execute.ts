/** Executes a stored chain again from its genesis, and compares what comes out with what is stored. */
import {QsdmError, RuleError} from "../../errors.js";
import type {LedgerStore} from "../storage/store.js";
import {Replay, type ReplayPorts} from "./replay.js";

export interface ExecutePorts extends ReplayPorts {
  /** What is stored. */
  readonly store: LedgerStore;
  /** Where `chain` writes: a store that is gone afterwards. */
  readonly scratch: LedgerStore;
  readonly signal: AbortSignal;
  checked(height: bigint, to: bigint): void;
}

/** Blocks after which what was executed is dropped again. */
const DROP_EVERY = 64n;

/** @returns what is wrong, or null. @throws RuleError BLOCK_PRUNED where blocks are gone */
export async function executeStore(ports: ExecutePorts): Promise<string | null> {
  const {store, scratch, chain, signal, checked} = ports;
  const pruned = store.prunedHeight();
  if (pruned > 0n)
    throw new RuleError("BLOCK_PRUNED", `blocks up to ${pruned} were pruned here, and cannot be executed again`, {
      hint: "pass --level votes, or verify on an archive node",
    });
  const head = store.head();
  if (!head) return null;
  const to = head.header.height;
  const replay = new Replay(ports);
  for (let height = 1n; height <= to; height++) {
    signal.throwIfAborted();
    const stored = await store.block(height);
    if (!stored) return `block ${height}: its body is not there`;
    const {block, certificate} = stored;
    try {
      await replay.take({block, certificate, closing: store.epochFrom(height)?.closing ?? []});
    } catch (error) {
      if (!(error instanceof QsdmError)) throw error;
      return `block ${height}: ${error.message}`;
    }
    if (height % DROP_EVERY === 0n) scratch.prune({upTo: chain.tip.height - 1n, blocksMax: Number(DROP_EVERY) * 2});
    checked(height, to);
  }
  await replay.takeRest();
  return chain.tip.stateRoot === head.stateRoot
    ? null
    : `state: executing the blocks gives root ${chain.tip.stateRoot}`;
}
