import type {Command} from "commander";
import {addressOfKey} from "../../codecs/address.js";
import {type Envelope, envelope, signingBytes, txIdOf, type UnsignedEnvelope} from "../../codecs/chain/envelope.js";
import {decodeMultiEnvelope, isMultiEnvelope, type MultiEnvelope} from "../../codecs/chain/multisig.js";
import type {VerifySignature} from "../../codecs/suite.js";
import {DecodeError, RuleError} from "../../errors.js";
import {checkSigners} from "../../node/ledger/chain/members.js";
import {authorshipOf, ONE_KEY} from "../../node/ledger/monetary/gas.js";
import {defineCommand} from "../define.js";
import {leavesOf} from "../inspect/inspect.js";
import type {Io} from "../io.js";
import {documentOfContent} from "./describe.js";
import {readTx} from "./files.js";
import {readUnsigned} from "./sign.js";

/** What can be said of a signature without asking the chain. */
type Standing = "unsigned" | "partial" | "valid" | "unchecked";

/**
 * Holds a signature against the key that came with it. Without one only the chain can tell.
 * @throws RuleError SENDER_MISMATCH, SIGNATURE_INVALID
 */
export function standingOf({content, publicKey, signature}: Envelope, verify: VerifySignature): Standing {
  if (publicKey === null) return "unchecked";
  if (addressOfKey(publicKey) !== content.sender)
    throw new RuleError("SENDER_MISMATCH", `the public key does not belong to ${content.sender}`);
  if (!verify(publicKey, signingBytes(content), signature))
    throw new RuleError("SIGNATURE_INVALID", "the signature does not verify under the sender's key");
  return "valid";
}

function standingOfOne(bytes: Uint8Array, verify: VerifySignature) {
  const signed = signedIn(bytes);
  const [content, signature, carriesKey]: [UnsignedEnvelope, Standing, boolean] =
    signed === null
      ? [readUnsigned(bytes), "unsigned", false]
      : [signed.content, standingOf(signed, verify), signed.publicKey !== null];
  return {content, by: ONE_KEY, signature, carries_key: carriesKey};
}

/** @throws RuleError SENDER_MISMATCH, SIGNATURE_INVALID, THRESHOLD_UNMET where there are too many */
function standingOfMembers(value: MultiEnvelope, verify: VerifySignature) {
  const {content, policy, signatures} = value;
  const {threshold, keys} = policy;
  checkSigners(value, verify);
  const signature: Standing = signatures.length === threshold ? "valid" : "partial";
  const signers = signatures.map(({key}) => key);
  return {content, by: authorshipOf(policy), signature, signers, threshold, members: keys.length};
}

function signedIn(bytes: Uint8Array): Envelope | null {
  try {
    return envelope.decode(bytes);
  } catch (error) {
    if (error instanceof DecodeError) return null;
    throw error;
  }
}

export const txDecodeCommand = (io: Io): Command =>
  defineCommand("tx decode", {
    summary: "show what a transaction does",
    description:
      "Prints a transaction, signed or not, as records of path and value: its id, every field, and the fields of its payload " +
      "where this program knows the form. Works offline. A signature is checked when the key came with it; otherwise the " +
      "standing is unchecked, since only the chain knows the key. The gas is that of " +
      "the content; what it adds to the state comes on top, and fees estimate --tx asks a node for it.",
    examples: [
      {does: "read before you sign", run: "qsdm tx decode pay.tx"},
      {does: "who is paid", run: "qsdm tx decode pay.signed --json | jq -r .data.payload_fields.to"},
    ],
    exit: {3: "The bytes are no transaction, or the signature is wrong."},
    seeAlso: ["tx sign", "inspect"],
  })
    .argument("<file>", "the transaction, raw or as hex; - reads standard input")
    .action(async (file: string) => {
      const bytes = await readTx(io, file);
      const {loadMlDsa} = await import("../../node/compute/ml-dsa.js");
      const {verify} = await loadMlDsa(87, "few");
      const {content, by, ...standing} = isMultiEnvelope(bytes)
        ? standingOfMembers(decodeMultiEnvelope(bytes), verify)
        : standingOfOne(bytes, verify);
      const data = {tx_id: txIdOf(content), ...standing, size_bytes: bytes.length, ...documentOfContent(content, by)};
      io.result(data, leavesOf(data, ""));
    });
