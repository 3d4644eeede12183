/**
 * Writing to a node of QSDM, which does not know envelopes of version 3: enrollments in its signed envelopes of version
 * 2, slashes without a signature. The node's `/status` tells which it is.
 */

import {isAddress} from "../codecs/address.js";
import {DUST_PER_CELL, formatCell} from "../codecs/amount.js";
import {base64Of, hexOf} from "../codecs/bytes.js";
import {ENROLL_V2_CONTRACT} from "../codecs/enrollment.js";
import {cellOfDust} from "../codecs/envelopes/amount.js";
import {type EnrollmentEnvelope, enrollmentEnvelope, enrollmentSigningBytes} from "../codecs/envelopes/enrollment.js";
import {encodeSlashRequest} from "../codecs/envelopes/slash-request.js";
import {SLASH_CONTRACT} from "../codecs/slashing/payload.js";
import {UsageError} from "../errors.js";
import type {Client} from "../node/api/client.js";
import type {Signer} from "../node/keys/signer.js";
import type {Io} from "./io.js";
import type {AnyOrder} from "./order.js";

/** What QSDM's own client pays when nothing is said: 0.001 CELL. */
const FEE_DUST = DUST_PER_CELL / 1_000n;
const ID_BYTES = 16;

/** What a command wants done by a node of QSDM: the payload is that of `qsdm/enroll/v2` or `qsdm/slash/v1`. */
export interface ReferenceOrder extends AnyOrder {
  /** Whether the form carries a signature. QSDM takes slashes from anybody in anybody's name (defect D13). */
  readonly signed: boolean;
}

export interface ReferenceFlags {
  readonly id?: string;
  readonly nonce?: bigint;
  readonly fee?: bigint;
  readonly dryRun: boolean;
  readonly wait: boolean;
}

export interface ReferenceSession {
  readonly client: Client;
  readonly sender: string;
  unlock(): Promise<Signer>;
}

/**
 * Carries out `order`. @throws UsageError WAIT_UNSUPPORTED; DecodeError AMOUNT_INVALID; what the node refuses
 */
export async function submitToReference(
  io: Io,
  flags: ReferenceFlags,
  {order, client, sender, unlock}: ReferenceSession & {readonly order: ReferenceOrder},
): Promise<void> {
  if (flags.wait)
    throw new UsageError("WAIT_UNSUPPORTED", "a node of QSDM keeps no receipts of every transaction", {
      hint: `leave --wait out and check with: ${order.checkWith}`,
    });
  const feeDust = flags.fee ?? FEE_DUST;
  const head = {
    id: flags.id ?? hexOf(io.host.randomBytes(ID_BYTES)),
    sender,
    nonce: flags.nonce ?? (await nonceOf(sender, client)),
    fee: cellOfDust(feeDust),
    payloadBase64: base64Of(order.payload),
  };
  for (const line of order.announcement) io.note(line);
  const document = {tx_id: head.id, sender, nonce: head.nonce, fee_dust: feeDust, ...order.summary};
  const unsigned = {...head, contractId: ENROLL_V2_CONTRACT, gasLimit: 0n, signature: "", publicKey: ""};
  const slash = encodeSlashRequest({...head, contractId: SLASH_CONTRACT});
  if (flags.dryRun) {
    const bytes = hexOf(order.signed ? enrollmentSigningBytes(unsigned) : slash);
    return io.result({...document, status: "not_submitted", signing_bytes: bytes, payload: order.payload}, bytes);
  }
  io.note(`fee ${formatCell(feeDust)} CELL, in the forms of QSDM`);
  if (order.question !== null && io.asks) await io.confirm(order.question);
  const {txId} = await order.submit(client, order.signed ? signed(unsigned, await unlock()) : slash);
  io.note(`submitted ${txId}, not yet applied; check with: ${order.checkWith.replace("{tx_id}", txId)}`);
  io.result({...document, tx_id: txId, status: "submitted"}, txId);
}

function signed(unsigned: EnrollmentEnvelope, signer: Signer): Uint8Array {
  const signature = hexOf(signer.sign(enrollmentSigningBytes(unsigned)));
  return enrollmentEnvelope.encode({...unsigned, signature, publicKey: hexOf(signer.publicKey)});
}

/** The nonce that `sender` signs next. Accounts of QSDM need not be addresses; those have none to ask for. */
async function nonceOf(sender: string, client: Pick<Client, "nonce">): Promise<bigint> {
  return isAddress(sender) ? (await client.nonce({sender})).nonce : 0n;
}
