/** QSDM's envelopes as transactions: the same content as an envelope v3 has, read from their JSON. */

import {checkAddress} from "../../../codecs/address.js";
import {U64_MAX} from "../../../codecs/amount.js";
import {base64Of, bytesOfHex} from "../../../codecs/bytes.js";
import {CAPSULE_CONTRACT} from "../../../codecs/chain/capsule.js";
import {type CompatTransaction, compatTransaction} from "../../../codecs/chain/compat.js";
import type {UnsignedEnvelope} from "../../../codecs/chain/envelope.js";
import {STREAM_CONTRACT} from "../../../codecs/chain/stream.js";
import {ENROLL_V2_CONTRACT} from "../../../codecs/enrollment.js";
import {capsuleAction, capsuleSubmission, streamAction, streamSubmission} from "../../../codecs/envelopes/actions.js";
import {dustOfCell} from "../../../codecs/envelopes/amount.js";
import {enrollmentEnvelope, transactionOf} from "../../../codecs/envelopes/enrollment.js";
import {slashSubmission} from "../../../codecs/envelopes/submission.js";
import {WALLET_TRANSFER_CONTRACT, walletEnvelope} from "../../../codecs/envelopes/wallet.js";
import {readBase64} from "../../../codecs/go/base64.js";
import {prefixed} from "../../../codecs/go/readers.js";
import {checkSlashAdmission} from "../../../codecs/slashing/admission.js";
import {SLASH_CONTRACT} from "../../../codecs/slashing/payload.js";
import {ML_DSA_87} from "../../../codecs/suite.js";
import {DecodeError} from "../../../errors.js";
import type {Transaction} from "./transaction.js";

type Read = Pick<Transaction, "clientId" | "content" | "authority">;

/** Longest id that a client may choose, in UTF-16 units; the reference knows no limit. */
const CLIENT_ID_MAX = 256;

interface Common {
  readonly id: string;
  readonly sender: string;
  readonly fee: number;
}

/** Content of a v2 envelope: it pays exactly its fee, never expires, and says nothing of a chain. */
function contentOf(
  chainId: string,
  {id, sender, fee}: Common,
  rest: Pick<UnsignedEnvelope, "nonce" | "contract" | "payload">,
): UnsignedEnvelope {
  if (id.trim() === "" || id.length > CLIENT_ID_MAX)
    throw new DecodeError("ENVELOPE_INVALID", `id has ${id.length} characters, must have 1 to ${CLIENT_ID_MAX}`);
  const feeDust = dustOfCell(fee);
  const pays = {maxFeeDust: feeDust, tipDust: feeDust};
  return {chainId, sender: checkAddress(sender), expiresAtHeight: U64_MAX, ...pays, ...rest};
}

function expectContract(given: string, contract: string): void {
  if (given !== contract)
    throw new DecodeError("CONTRACT_UNFIT", `contract_id is "${given}", this envelope is for "${contract}"`);
}

function readWallet({chainId, body}: CompatTransaction): Read {
  const envelope = walletEnvelope.decode(body);
  if (envelope.nonce === 0n) throw new DecodeError("ENVELOPE_INVALID", "envelope nonce is 0, must be at least 1");
  const nonce = envelope.nonce - 1n;
  const content = contentOf(chainId, envelope, {nonce, contract: WALLET_TRANSFER_CONTRACT, payload: body});
  return {clientId: envelope.id, content, authority: {form: "wallet-v2", envelope}};
}

function readEnrollment({chainId, body}: CompatTransaction): Read {
  const envelope = enrollmentEnvelope.decode(body);
  const {id, nonce, contractId: contract} = envelope;
  // Before anything else reads the contract: the signature proves an enrollment and nothing else.
  expectContract(contract, ENROLL_V2_CONTRACT);
  const {payload} = transactionOf(envelope);
  return {
    clientId: id,
    content: contentOf(chainId, envelope, {nonce, contract, payload}),
    // Held against the payload's one base64, as the reference's admission does: a sloppy spelling does not verify (Q31).
    authority: {form: "enrollment-v2", envelope: {...envelope, payloadBase64: base64Of(payload)}},
  };
}

function readSlash({chainId, body}: CompatTransaction): Read {
  const submission = slashSubmission.decode(body);
  const {id, nonce, contractId: contract, payloadBase64} = submission;
  // Unsigned: no other contract may ever be reached this way.
  expectContract(contract, SLASH_CONTRACT);
  const prefix = "payload_b64 not valid base64: ";
  const payload = prefixed({code: "ENVELOPE_INVALID", prefix}, () => readBase64(payloadBase64));
  const {sender, fee} = submission;
  checkSlashAdmission({contractId: contract, sender, fee, payload});
  const content = contentOf(chainId, submission, {nonce, contract, payload});
  return {clientId: id, content, authority: {form: "unsigned"}};
}

function readStream({chainId, body}: CompatTransaction): Read {
  const {action, ...signed} = streamSubmission.decode(body);
  return readAction(chainId, action, {contract: STREAM_CONTRACT, payload: streamAction.encode(action), signed});
}

function readCapsule({chainId, body}: CompatTransaction): Read {
  const {action, ...signed} = capsuleSubmission.decode(body);
  return readAction(chainId, action, {contract: CAPSULE_CONTRACT, payload: capsuleAction.encode(action), signed});
}

/** An action pays nothing and names its own nonce; its bytes are the payload, and what its sender signed. */
const readAction = (
  chainId: string,
  {id, sender, nonce}: Omit<Common, "fee"> & {readonly nonce: bigint},
  {signed, ...call}: Pick<UnsignedEnvelope, "contract" | "payload"> & {readonly signed: SignedText},
): Read => ({
  clientId: id,
  content: contentOf(chainId, {id, sender, fee: 0}, {nonce, ...call}),
  authority: {form: "action-v1", ...signedBy(signed)},
});

/** Both in hex. */
interface SignedText {
  readonly publicKey: string;
  readonly signature: string;
}

/** @throws DecodeError ENVELOPE_SIGNATURE_INVALID for what is no key and no signature of the suite */
function signedBy({publicKey, signature}: SignedText) {
  try {
    return {
      publicKey: bytesOfHex(publicKey, ML_DSA_87.publicKeyBytes),
      signature: bytesOfHex(signature, ML_DSA_87.signatureBytes),
    };
  } catch (cause) {
    throw new DecodeError("ENVELOPE_SIGNATURE_INVALID", "public_key or signature is not ML-DSA-87 in lowercase hex", {
      cause,
    });
  }
}

const READERS = {
  stream: readStream,
  capsule: readCapsule,
  wallet: readWallet,
  enrollment: readEnrollment,
  slash: readSlash,
};

/**
 * @throws DecodeError CBOR_INVALID, FIELD_INVALID, ENVELOPE_INVALID, CONTRACT_UNFIT, SLASH_INVALID, ADDRESS_INVALID,
 * AMOUNT_INVALID, ACTION_INVALID, ENVELOPE_SIGNATURE_INVALID
 */
export function readCompatTransaction(bytes: Uint8Array): Read {
  const carried = compatTransaction.decode(bytes);
  return READERS[carried.form](carried);
}
