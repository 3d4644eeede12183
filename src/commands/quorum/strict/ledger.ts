/** Flags with which a custodian is told of the ledger that clients have their stakes on. */
import {join} from "node:path";
import {type Command, Option} from "commander";
import {RuleError, UsageError} from "../../../errors.js";
import {checkAge} from "../../../node/consensus/light/light.js";
import {DEFAULT_STAKE_OPTIONS, type QuorumLedgerOptions} from "../../../node/quorum-ledger.js";
import {durationFlag, formatDuration, repeatFlag} from "../../flags.js";
import type {Io} from "../../io.js";
import {openLightFile} from "../../light/light-file.js";

export interface LedgerFlags {
  readonly ledgerNode: readonly string[];
  readonly genesis?: string;
  readonly checkpoint?: string;
  readonly stakeMaxAge: number;
  readonly stakeCache: number;
}

/** Name of the light client's file in a data directory. */
export const LEDGER_FILE = "ledger-light.json";

const {maxAgeMs, keepMs, timeoutMs} = DEFAULT_STAKE_OPTIONS;

export const addLedgerFlags = (command: Command): Command =>
  command
    .option("--ledger-node <url>", "strict: a node of the ledger that proves stakes; may be repeated", repeatFlag, [])
    .option("--genesis <path>", "strict: the ledger's genesis file, to begin from")
    .option("--checkpoint <path>", "strict: a light client's file, trusted, to begin from")
    .addOption(
      new Option("--stake-max-age <duration>", "strict: how old the block of a proof of stake may be")
        .argParser(durationFlag)
        .default(maxAgeMs, formatDuration(maxAgeMs)),
    )
    .addOption(
      new Option("--stake-cache <duration>", "strict: how long a proof of stake is not asked for again")
        .argParser(durationFlag)
        .default(keepMs, formatDuration(keepMs)),
    );

/** For services that let in whoever reaches them. @throws UsageError FLAG_CONFLICT */
export function checkNoLedger({ledgerNode, genesis, checkpoint}: LedgerFlags): void {
  if (ledgerNode.length === 0 && genesis === undefined && checkpoint === undefined) return;
  throw new UsageError("FLAG_CONFLICT", "custodians of the compat profile ask no ledger", {
    hint: "leave --ledger-node, --genesis and --checkpoint, or run the strict profile",
  });
}

/**
 * What the flags say of the ledger; null where no node of it is named.
 * @throws UsageError LEDGER_NODE_REQUIRED, STAKE_CACHE_TOO_LONG, and as `openLightFile`; RuleError CHECKPOINT_TOO_OLD
 */
export async function ledgerOptions(
  io: Io,
  {ledgerNode, genesis, checkpoint, stakeMaxAge, stakeCache}: LedgerFlags,
  dataDir: string,
): Promise<QuorumLedgerOptions | null> {
  if (ledgerNode.length === 0) {
    if (genesis === undefined && checkpoint === undefined) return null;
    throw new UsageError("LEDGER_NODE_REQUIRED", "the ledger's genesis is named, and none of its nodes", {
      hint: "add --ledger-node URL; several are asked in turn",
    });
  }
  if (stakeCache > stakeMaxAge)
    throw new UsageError("STAKE_CACHE_TOO_LONG", "--stake-cache is longer than --stake-max-age", {
      hint: "a proof that is too old is worth nothing, however it is kept",
    });
  const begin = {...(genesis === undefined ? {} : {genesis}), ...(checkpoint === undefined ? {} : {checkpoint})};
  const {chain, save} = await openLightFile(io, {store: join(dataDir, LEDGER_FILE), ...begin});
  try {
    checkAge(chain, BigInt(io.host.now()));
  } catch (cause) {
    throw new RuleError("CHECKPOINT_TOO_OLD", (cause as Error).message, {
      cause,
      hint: "begin from a newer one that you trust: --checkpoint FILE, as qsdm light sync keeps it",
    });
  }
  return {nodes: ledgerNode, timeoutMs, chain, save, maxAgeMs: stakeMaxAge, keepMs: stakeCache};
}
