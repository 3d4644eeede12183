/** The signature that makes a strict proof its node's own (docs/decisions/0011-strict-mining.md). */
import {decodeKeyBundle, KEY_ATTESTATION} from "../../../codecs/mining/key-bundle.js";
import {keySigningBytes} from "../../../codecs/mining/key-signing.js";
import type {Proof} from "../../../codecs/mining/proof.js";
import type {VerifySignature} from "../../../codecs/suite.js";
import {RuleError} from "../../../errors.js";

/** What the signature is held against. */
export interface NodeKeyContext {
  readonly chainId: string;
  /** Key of the enrollment record; `null` for records without one. */
  readonly nodeKey: Uint8Array | null;
  readonly nodeId: string;
  /** ML-DSA-87. */
  readonly verifySignature: VerifySignature;
}

/**
 * Checks that the node's registered key signed the whole proof for this chain.
 * @throws RuleError NODE_SIGNATURE_INVALID; DecodeError when the bundle does not decode
 */
export function checkNodeSignature(proof: Proof, {chainId, nodeKey, nodeId, verifySignature}: NodeKeyContext): void {
  const refuse = (why: string): never => {
    throw new RuleError("NODE_SIGNATURE_INVALID", `proof of node ${nodeId}: ${why}`);
  };
  if (nodeKey === null) return refuse("the node has no registered key");
  if (proof.attestation.type !== KEY_ATTESTATION)
    return refuse(`attestation type is "${proof.attestation.type}", want ${KEY_ATTESTATION}`);
  const bundle = decodeKeyBundle(proof.attestation.bundle);
  if (bundle.nodeId !== nodeId) refuse(`signed for node ${bundle.nodeId}`);
  if (!verifySignature(nodeKey, keySigningBytes(chainId, proof), bundle.signature))
    refuse("the signature does not verify under the registered key");
}
