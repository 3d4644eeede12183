import type {Command} from "commander";
import {formatCell} from "../codecs/amount.js";
import {UNENROLL_V3_CONTRACT} from "../codecs/chain/payloads.js";
import {unenrollment} from "../codecs/enrollment.js";
import {checkUnenrollment} from "../codecs/enrollment-fields.js";
import {RuleError} from "../errors.js";
import type {Client} from "../node/api/client.js";
import {defineCommand} from "./define.js";
import type {Io} from "./io.js";
import {REFERENCE_FEE_DUST, type ReferenceOrder} from "./reference.js";
import {enrollmentRequest} from "./reference-request.js";
import {settingsEnvironment} from "./settings.js";
import {addWriteFlags, type Order, type OrderContext, submitOrder, type WriteFlags} from "./submit.js";

/** The enrollment that ends, and why. */
export interface Leaving {
  readonly nodeId: string;
  /** Kept with the transaction; may be empty. */
  readonly reason: string;
}

/**
 * The order that ends an enrollment.
 * @throws DecodeError ENROLL_INVALID; RuleError ENROLLMENT_NOT_FOUND, ENROLLMENT_NOT_OWNER, ENROLLMENT_ALREADY_REVOKED
 */
export async function orderUnenrollment(
  {nodeId, reason}: Leaving,
  {client, terms, sender}: Omit<OrderContext, "client"> & {readonly client: Pick<Client, "enrollment">},
): Promise<Order> {
  const payload = {kind: "unenroll", nodeId, reason};
  checkUnenrollment(payload, sender);
  const {owner, phase, stakeDust, gpuUuid, revokedAtHeight} = await client.enrollment({nodeId});
  if (owner !== sender)
    throw new RuleError("ENROLLMENT_NOT_OWNER", `${nodeId} belongs to ${owner}, not to ${sender}`, {
      hint: "sign with the owner's keystore: --in FILE",
    });
  if (phase !== "active")
    throw new RuleError("ENROLLMENT_ALREADY_REVOKED", `${nodeId} ended at height ${revokedAtHeight}`, {
      hint: `see when its bond comes back with: qsdm enrollment-status ${nodeId}`,
    });
  // Included in the next block at the earliest; every block that it waits moves the return as well.
  const returnsAtHeight = terms.height + 1n + terms.unbondBlocks;
  return {
    contract: UNENROLL_V3_CONTRACT,
    payload: unenrollment.encode(payload),
    summary: {node_id: nodeId, stake_dust: stakeDust, earliest_return_height: returnsAtHeight},
    announcement: [
      `unenroll ${nodeId} on ${terms.chainId}, at height ${terms.height}: it earns nothing from then on`,
      `frees GPU ${gpuUuid} for another enrollment`,
      `returns the bond of ${formatCell(stakeDust)} CELL to ${owner} at height ${returnsAtHeight} at the earliest; ` +
        "until then evidence can still take it",
    ],
    question: `End the enrollment of ${nodeId}? This cannot be taken back.`,
    submit: (to, body) => to.unenroll({body}),
    checkWith: `qsdm enrollment-status ${nodeId}`,
  };
}

/** The same for a node of QSDM. @throws DecodeError ENROLL_INVALID */
export function referenceUnenrollment({nodeId, reason}: Leaving, sender: string): ReferenceOrder {
  const payload = {kind: "unenroll", nodeId, reason};
  checkUnenrollment(payload, sender);
  const encoded = unenrollment.encode(payload);
  return {
    payload: encoded,
    feeDust: REFERENCE_FEE_DUST,
    request: (head) => enrollmentRequest(encoded, head),
    summary: {node_id: nodeId},
    announcement: [
      `unenroll ${nodeId}: it earns nothing from then on, and its bond stays locked for the unbonding time`,
    ],
    question: `End the enrollment of ${nodeId}? This cannot be taken back.`,
    submit: (to, body) => to.unenroll({body}),
    checkWith: `qsdm enrollment-status ${nodeId}`,
  };
}

interface Flags extends WriteFlags {
  readonly nodeId: string;
  readonly reason: string;
}

export const unenrollCommand = (io: Io): Command =>
  addWriteFlags(
    defineCommand("unenroll", {
      summary: "end an enrollment and get its bond back",
      description:
        "Ends the enrollment of one GPU. Its bond stays locked for the chain's unbonding time, in which evidence can still " +
        "take it, and then returns to the owner. Prints the transaction id.\n\n" +
        "On a terminal it shows what will change and asks before it signs; in a pipe it only shows it. Submitted is not " +
        "applied: a block decides, and charges the fee either way. --wait waits for it.",
      examples: [
        {does: "end an enrollment and wait for the block", run: "qsdm unenroll --node-id rig1 --wait"},
        {does: "see what would change", run: "qsdm unenroll --node-id rig1 --dry-run --json"},
      ],
      environment: settingsEnvironment("api_url", "timeout", "keystore", "passphrase_file"),
      files: {"~/.qsdm/wallet.json": "The owner's keystore, unless --in names another."},
      exit: {3: "No such enrollment, not yours, or over already.", 5: "--wait ended before a block decided."},
      seeAlso: ["enroll", "enrollment-status", "enrollments"],
    })
      .requiredOption("--node-id <id>", "the enrollment to end")
      .option("--reason <text>", "note kept with the transaction, at most 256 bytes", ""),
  ).action(async ({nodeId, reason, ...flags}: Flags) => {
    const leaving = {nodeId, reason};
    await submitOrder(io, flags, {
      build: (context) => orderUnenrollment(leaving, context),
      reference: {signed: true, build: (sender) => referenceUnenrollment(leaving, sender)},
    });
  });
