import type {Command} from "commander";
import {formatCell} from "../codecs/amount.js";
import type {EnrollmentView, SlashVerdictView} from "../codecs/api/mining.js";
import type {OwnStatus} from "../codecs/api/status.js";
import {
  checkSlashPayload,
  EVIDENCE_KINDS,
  type EvidenceKind,
  SLASH_CONTRACT,
  slashPayload,
} from "../codecs/slashing/payload.js";
import {DecodeError, UsageError} from "../errors.js";
import type {Client} from "../node/api/client.js";
import {defineCommand} from "./define.js";
import {choiceFlag, u64Flag} from "./flags.js";
import type {Io} from "./io.js";
import {REFERENCE_FEE_DUST, type ReferenceOrder} from "./reference.js";
import {slashRequest} from "./reference-request.js";
import {settingsEnvironment} from "./settings.js";
import {proofView, viewEvidence} from "./slash-helper/evidence-view.js";
import {readEvidence} from "./slash-helper/inspect.js";
import {addWriteFlags, type Order, type OrderContext, submitOrder, type WriteFlags} from "./submit.js";

/** What an accuser says; `null` is read off the evidence, or off the chain's terms. */
export interface Charge {
  readonly evidence: Uint8Array;
  readonly kind: EvidenceKind | null;
  readonly nodeId: string | null;
  readonly amountDust: bigint | null;
  readonly memo: string;
}

/** Whom the evidence accuses of what. */
export interface Accused {
  readonly kind: EvidenceKind;
  readonly nodeId: string;
}

/**
 * Kind and node id of a charge, checked against what the evidence itself says.
 * @throws UsageError EVIDENCE_KIND_UNKNOWN, NODE_ID_UNKNOWN, NODE_ID_MISMATCH; DecodeError EVIDENCE_INVALID,
 * EVIDENCE_NOT_CANONICAL
 */
export function accusedIn({evidence, kind, nodeId}: Pick<Charge, "evidence" | "kind" | "nodeId">): Accused {
  const seen = viewEvidence(evidence, kind ?? undefined);
  if (!seen.canonical)
    throw new DecodeError(
      "EVIDENCE_NOT_CANONICAL",
      "the evidence is not in its canonical form, the ledger would refuse it",
      {
        hint: "build it again with qsdm slash-helper, which gives every pair one form",
      },
    );
  const found = proofView(seen.proofs[0]!).node_id;
  if (nodeId !== null && found !== null && nodeId !== found)
    throw new UsageError("NODE_ID_MISMATCH", `--node-id ${nodeId}, but the evidence accuses ${found}`);
  return {kind: seen.kind, nodeId: nodeId ?? found ?? unknownNode()};
}

function unknownNode(): never {
  throw new UsageError("NODE_ID_UNKNOWN", "the evidence does not say whom it accuses", {hint: "pass --node-id"});
}

/**
 * The order that slashes on a charge.
 * @throws UsageError, DecodeError; RuleError ENROLLMENT_NOT_FOUND when there is nobody to slash
 */
export async function orderSlash(
  charge: Charge,
  {client, terms, sender}: Omit<OrderContext, "client"> & {readonly client: Pick<Client, "enrollment" | "judgeSlash">},
): Promise<Order> {
  const accused = accusedIn(charge);
  const amountDust = charge.amountDust ?? terms.slashCapDust;
  const {evidence, memo} = charge;
  const payload = {nodeId: accused.nodeId, evidenceKind: accused.kind, evidence, slashAmountDust: amountDust, memo};
  checkSlashPayload(payload, sender);
  const record = await client.enrollment({nodeId: accused.nodeId});
  const encoded = slashPayload.encode(payload);
  // The ledger itself says what it would do: a bond that still fills is measured by what it has earned.
  const verdict = await client.judgeSlash({body: encoded});
  const takenDust = verdict.slashedDust;
  return {
    contract: SLASH_CONTRACT,
    payload: encoded,
    summary: {
      node_id: accused.nodeId,
      evidence_kind: accused.kind,
      evidence_bytes: evidence.length,
      amount_dust: amountDust,
      expected_slash_dust: takenDust,
    },
    announcement: announcementOf(accused, verdict, {record, terms}),
    question: `Slash ${accused.nodeId} by ${formatCell(takenDust)} CELL? This cannot be taken back.`,
    submit: (to, body) => to.slash({body}),
    checkWith: "qsdm slash-receipt {tx_id}",
  };
}

/**
 * The same for a node of QSDM, which weighs the evidence by itself: where kind and node are named, the bytes are sent
 * as they are.
 * @throws UsageError, DecodeError as `accusedIn` when kind or node id are left to the evidence
 */
export function referenceSlash({evidence, kind, nodeId, amountDust, memo}: Charge, sender: string): ReferenceOrder {
  const accused = kind !== null && nodeId !== null ? {kind, nodeId} : accusedIn({evidence, kind, nodeId});
  if (amountDust === null)
    throw new UsageError("AMOUNT_MISSING", "a node of QSDM does not tell its cap", {hint: "pass --amount in dust"});
  const payload = {nodeId: accused.nodeId, evidenceKind: accused.kind, evidence, slashAmountDust: amountDust, memo};
  checkSlashPayload(payload, sender);
  const encoded = slashPayload.encode(payload);
  return {
    payload: encoded,
    feeDust: REFERENCE_FEE_DUST,
    request: (head) => slashRequest(encoded, head),
    summary: {node_id: accused.nodeId, evidence_kind: accused.kind, amount_dust: amountDust},
    announcement: [`slash ${accused.nodeId} for ${accused.kind} by at most ${formatCell(amountDust)} CELL, unsigned`],
    question: `Slash ${accused.nodeId} by ${formatCell(amountDust)} CELL? This cannot be taken back.`,
    submit: (to, body) => to.slash({body}),
    checkWith: "qsdm slash-receipt {tx_id}",
  };
}

function announcementOf(
  {kind, nodeId}: Accused,
  {convicts, message, slashedDust, rewardedDust, burnedDust, remainingDust, autoRevoked}: SlashVerdictView,
  {record, terms}: {record: EnrollmentView; terms: OwnStatus},
): string[] {
  const {phase, enrolledAtHeight, stakeDust} = record;
  const opening = `slash ${nodeId} (${phase}, enrolled at height ${enrolledAtHeight}) for ${kind}, at height ${terms.height}`;
  if (!convicts) return [opening, `the ledger would refuse it: ${message}`, "this slash would only cost you its fee"];
  return [
    opening,
    `takes ${formatCell(slashedDust)} of its bond of ${formatCell(stakeDust)} CELL: ` +
      `${formatCell(rewardedDust)} to you, ${formatCell(burnedDust)} burned, ${formatCell(remainingDust)} left`,
    ...(slashedDust === 0n ? ["nothing is left to take: this slash would only cost you its fee"] : []),
    ...(autoRevoked ? [`revokes ${nodeId}: ${formatCell(remainingDust)} CELL are too little to stay active`] : []),
  ];
}

interface Flags extends WriteFlags {
  readonly nodeId?: string;
  readonly evidenceKind?: EvidenceKind;
  readonly evidenceFile?: string;
  readonly evidenceHex?: string;
  readonly amount?: bigint;
  readonly memo: string;
}

export const slashCommand = (io: Io): Command =>
  addWriteFlags(
    defineCommand("slash", {
      summary: "submit evidence and take a bond",
      description:
        "Submits evidence of an offence. When it convicts, the ledger takes the amount from the accused node's bond, up to " +
        "the chain's cap, pays you a share of it and burns the rest. Prints the transaction id.\n\n" +
        "Kind and node id are read off the evidence when they are not given. On a terminal it shows what will change and " +
        "asks before it signs; in a pipe it only shows it. A refused slash still pays its fee.",
      examples: [
        {
          does: "build evidence and submit it in one line",
          run: "qsdm slash-helper double-mining --proof-a a.json --proof-b b.json | qsdm slash --evidence-file - --wait",
        },
        {
          does: "everything spelled out",
          run: "qsdm slash --node-id rig1 --evidence-kind double-mining --evidence-file ev.bin --amount 1000000000 --yes",
        },
      ],
      environment: settingsEnvironment("api_url", "timeout", "keystore", "passphrase_file"),
      files: {"~/.qsdm/wallet.json": "The keystore that pays, signs and is rewarded, unless --in names another."},
      exit: {
        3: "The evidence is no evidence, or the ledger refused the slash.",
        5: "--wait ended before a block decided.",
      },
      seeAlso: ["slash-helper double-mining", "slash-helper inspect", "slash-receipt", "enrollment-status"],
    })
      .option("--node-id <id>", "whom you accuse (default: whom the evidence accuses)")
      .option(
        "--evidence-kind <kind>",
        `of what: ${EVIDENCE_KINDS.join(", ")} (default: what the evidence is)`,
        choiceFlag(EVIDENCE_KINDS),
      )
      .option("--evidence-file <path>", "the evidence; - reads standard input")
      .option("--evidence-hex <hex>", "the evidence as hex")
      .option("--amount <dust>", "most to take, in dust (default: the chain's cap)", u64Flag)
      .option("--memo <text>", "note kept with the transaction, at most 256 bytes", ""),
  ).action(async ({nodeId, evidenceKind, evidenceFile, evidenceHex, amount, memo, ...flags}: Flags) => {
    const evidence = await readEvidence(io, {evidenceFile, evidenceHex});
    const charge = {evidence, kind: evidenceKind ?? null, nodeId: nodeId ?? null, amountDust: amount ?? null, memo};
    await submitOrder(io, flags, {
      build: (context) => orderSlash(charge, context),
      reference: {signed: false, build: (sender) => referenceSlash(charge, sender)},
    });
  });
