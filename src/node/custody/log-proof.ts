/** One entry of a coordinator's log, shown to be in what custodians signed, for whoever will not read all of it. */
import {auditEntry, type Countersigned, type StrictAuditEntry} from "../../codecs/quorum/strict/audit.js";
import {RuleError} from "../../errors.js";
import {type LogHead, leafHash, verifyConsistency, verifyInclusion} from "../quorum/audit/tree.js";
import type {StrictClient} from "./client.js";
import {forked} from "./log-audit.js";

type Auditor = Pick<StrictClient, "isOperator" | "call" | "checkpointIn">;
type SignedHead = ReturnType<StrictClient["checkpointIn"]>;

/**
 * The newest checkpoint, made now for whoever runs a service.
 * @throws RuleError CHECKPOINT_NONE, CHECKPOINT_UNSIGNED, ROSTER_MISMATCH; and what custodians refuse with
 */
export async function newestCheckpoint(
  client: Auditor,
): Promise<{readonly countersigned: Countersigned; readonly head: SignedHead}> {
  const {countersigned} = client.isOperator ? await client.call("seal", {}) : await client.call("checkpoint", {});
  if (!countersigned)
    throw new RuleError("CHECKPOINT_NONE", "there is no checkpoint yet", {
      hint: "the coordinator has one signed every --checkpoint-interval",
    });
  return {countersigned, head: client.checkpointIn(countersigned)};
}

export interface ProvedEntry {
  readonly entry: StrictAuditEntry;
  readonly head: SignedHead;
  /** Digests of the proof. */
  readonly digests: number;
}

/**
 * @param kept a checkpoint that the log must go on from
 * @throws as `newestCheckpoint`; RuleError ENTRY_UNSIGNED, AUDIT_PROOF_WRONG, AUDIT_FORKED
 */
export async function proveEntry(client: Auditor, index: number, kept: LogHead | null): Promise<ProvedEntry> {
  const {head} = await newestCheckpoint(client);
  if (kept) await checkGoesOn(client, kept, head);
  if (index >= head.size)
    throw new RuleError("ENTRY_UNSIGNED", `the newest checkpoint is of ${head.size} entries, from 0 on`, {
      hint: "wait for the next checkpoint, or ask with the key of a custodian: one is made then",
    });
  const {entry, proof} = await client.call("inclusion", {index: BigInt(index), size: BigInt(head.size)});
  if (!verifyInclusion({leaf: leafHash(entry), index}, head, proof))
    throw new RuleError("AUDIT_PROOF_WRONG", `what the coordinator gave as entry ${index} is not what was signed`, {
      hint: "qsdm quorum audit verify --roster reads the whole log",
    });
  return {entry: auditEntry.decode(entry), head, digests: proof.length};
}

/** @throws RuleError AUDIT_FORKED */
async function checkGoesOn(client: Auditor, kept: LogHead, head: LogHead): Promise<void> {
  if (kept.size > head.size) forked(`${head.size} entries are signed, and ${kept.size} were`);
  const {proof} = await client.call("consistency", {first: BigInt(kept.size), size: BigInt(head.size)});
  if (!verifyConsistency(kept, head, proof)) forked(`its first ${kept.size} entries are not those that were signed`);
}
