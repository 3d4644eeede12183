/**
 * Writing to a node of QSDM, which does not know envelopes of version 3: enrollments and payments in its signed
 * envelopes of version 2, slashes without a signature. The node's `/status` tells which it is.
 */

import {isAddress} from "../codecs/address.js";
import {DUST_PER_CELL, formatCell} from "../codecs/amount.js";
import {hexOf} from "../codecs/bytes.js";
import {UsageError} from "../errors.js";
import type {Client} from "../node/api/client.js";
import type {Signer} from "../node/keys/signer.js";
import type {Io} from "./io.js";
import type {AnyOrder} from "./order.js";
import type {ReferenceHead, ReferenceRequest} from "./reference-request.js";

/** What QSDM's own client pays when nothing is said: 0.001 CELL. */
export const REFERENCE_FEE_DUST = DUST_PER_CELL / 1_000n;
const ID_BYTES = 16;

/** What a command wants done by a node of QSDM. */
export interface ReferenceOrder extends AnyOrder {
  /** What the request carries, where it is a document of its own. */
  readonly payload?: Uint8Array;
  /** What is paid when nothing is said, in dust. */
  readonly feeDust: bigint;
  /** The request in the form that the node takes. @throws DecodeError AMOUNT_INVALID, FIELD_INVALID */
  request(head: ReferenceHead): ReferenceRequest;
}

/** A command's orders for nodes of QSDM. */
export interface ReferenceForm {
  /** Whether the request carries a signature. QSDM takes slashes from anybody in anybody's name (defect D13). */
  readonly signed: boolean;
  build(sender: string): ReferenceOrder | Promise<ReferenceOrder>;
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
  const feeDust = flags.fee ?? order.feeDust;
  const head: ReferenceHead = {
    id: flags.id ?? hexOf(io.host.randomBytes(ID_BYTES)),
    sender,
    nonce: flags.nonce ?? (await nonceOf(sender, client)),
    feeDust,
  };
  const request = order.request(head);
  for (const line of order.announcement) io.note(line);
  const document = {tx_id: head.id, sender, nonce: head.nonce, fee_dust: feeDust, ...order.summary};
  if (flags.dryRun) {
    const bytes = hexOf(request.bytes);
    return io.result({...document, status: "not_submitted", signing_bytes: bytes, payload: order.payload}, bytes);
  }
  io.note(`fee ${formatCell(feeDust)} CELL, in the forms of QSDM`);
  if (order.question !== null && io.asks) await io.confirm(order.question);
  const body = request.signWith === null ? request.bytes : request.signWith(await unlock());
  const {txId} = await order.submit(client, body);
  io.note(`submitted ${txId}, not yet applied; check with: ${order.checkWith.replace("{tx_id}", txId)}`);
  io.result({...document, tx_id: txId, status: "submitted"}, txId);
}

/** The nonce that `sender` signs next. Accounts of QSDM need not be addresses; those have none to ask for. */
async function nonceOf(sender: string, client: Pick<Client, "nonce">): Promise<bigint> {
  return isAddress(sender) ? (await client.nonce({sender})).nonce : 0n;
}
