/** Signatures of an account's members: one made, several put together. */
import {equalBytes, hexOf} from "../../codecs/bytes.js";
import {signingBytes, txIdOf, type UnsignedEnvelope} from "../../codecs/chain/envelope.js";
import {
  addressOfPolicy,
  checkPolicy,
  type MultiEnvelope,
  multiEnvelope,
  type Policy,
  policy,
} from "../../codecs/chain/multisig.js";
import {RuleError, UsageError} from "../../errors.js";
import type {Signer} from "../../node/keys/signer.js";
import type {Io} from "../io.js";

/** Longest policy: sixteen keys and their heads. */
const POLICY_MAX_BYTES = 64 * 1024;

/** @throws DecodeError CBOR_INVALID, FIELD_INVALID, POLICY_INVALID */
function readPolicy(bytes: Uint8Array): Policy {
  const value = policy.decode(bytes);
  checkPolicy(value);
  return value;
}

/** The policy in the file of a flag; null where none is named. @throws UsageError, DecodeError as `readPolicy` */
export const policyAt = async (io: Io, path: string | undefined): Promise<Policy | null> =>
  path === undefined ? null : readPolicy(await io.readFile(path, {flag: "--policy", maxBytes: POLICY_MAX_BYTES}));

/** What `content` will be once members have signed it, as far as anybody counts: signatures weigh as many as the threshold. */
export function unsignedBy(content: UnsignedEnvelope, of: Policy): Uint8Array {
  checkOwner(content, of);
  return multiEnvelope.encode({content, policy: of, signatures: []});
}

/** @throws UsageError SENDER_MISMATCH when the policy controls another account */
export function checkOwner({sender}: Pick<UnsignedEnvelope, "sender">, of: Policy): void {
  const address = addressOfPolicy(of);
  if (address !== sender)
    throw new UsageError("SENDER_MISMATCH", `the transaction is of ${sender}, the policy controls ${address}`);
}

/** One member's signature, to be put together with the others'. @throws UsageError NOT_A_MEMBER */
export function signAsMember(content: UnsignedEnvelope, of: Policy, signer: Signer): MultiEnvelope {
  const key = of.keys.findIndex((each) => equalBytes(each, signer.publicKey));
  if (key < 0) throw new UsageError("NOT_A_MEMBER", `the policy has no key of ${signer.address}`);
  return {content, policy: of, signatures: [{key, signature: signer.sign(signingBytes(content))}]};
}

/**
 * Signatures of all `parts`, the first of each member, and no more than the threshold.
 * @throws RuleError TX_DIFFERS when they are not of one transaction and one policy
 */
export function combine(parts: readonly [MultiEnvelope, ...MultiEnvelope[]]): MultiEnvelope {
  const [first] = parts;
  const byKey = new Map<number, MultiEnvelope["signatures"][number]>();
  for (const {content, policy: of, signatures} of parts) {
    if (txIdOf(content) !== txIdOf(first.content) || hexOf(policy.encode(of)) !== hexOf(policy.encode(first.policy)))
      throw new RuleError("TX_DIFFERS", "these are not signatures of one transaction under one policy", {
        hint: "qsdm tx decode shows what each of them is",
      });
    for (const each of signatures) if (!byKey.has(each.key)) byKey.set(each.key, each);
  }
  const signatures = [...byKey.values()].sort((a, b) => a.key - b.key).slice(0, first.policy.threshold);
  return {...first, signatures};
}
