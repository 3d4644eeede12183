/**
 * Attaches to a solution what its node has to say about itself.
 * Source: QSDM mining protocol, section 21.2; strict form: docs/decisions/0011-strict-mining.md.
 */
import {hexOf} from "../../codecs/bytes.js";
import type {Challenge} from "../../codecs/mining/challenge.js";
import {
  challengeBind,
  encodeHmacBundle,
  HMAC_ATTESTATION,
  type HmacBundle,
  signHmacBundle,
} from "../../codecs/mining/hmac-bundle.js";
import {withKeyBundle} from "../../codecs/mining/key-bundle.js";
import {keySigningBytes} from "../../codecs/mining/key-signing.js";
import type {Proof} from "../../codecs/mining/proof.js";
import {UsageError} from "../../errors.js";

/** One GPU as its operator describes it; nothing here is measured. */
export interface Rig {
  readonly nodeId: string;
  readonly gpuUuid: string;
  readonly gpuName: string;
  /** As given; the chain's rules canonicalise. */
  readonly gpuArch: string;
  readonly computeCap: string;
  readonly cudaVersion: string;
  readonly driverVer: string;
  /** At least 16 bytes; enrollment asks for 32. */
  readonly hmacKey: Uint8Array;
}

/** Signs bytes with the rig's ML-DSA-87 node key. */
export type SignAsNode = (message: Uint8Array) => Uint8Array;

/** `proof` as version 2 with evidence of type `nvidia-hmac-v1`. @throws UsageError RIG_INVALID */
export function attestWithMac(proof: Proof, rig: Rig, challenge: Challenge): Proof {
  const bundle = encodeHmacBundle(hmacEvidence(proof, rig, challenge));
  return {...proof, version: 2, attestation: {...claims(rig, challenge), type: HMAC_ATTESTATION, bundle}};
}

/** What a strict proof is signed with. */
export interface NodeIdentity {
  readonly chainId: string;
  readonly sign: SignAsNode;
}

/** `proof` as version 2, the evidence inside a bundle that the node key signs. @throws UsageError RIG_INVALID */
export function attestWithKey(
  proof: Proof,
  rig: Rig,
  {challenge, identity}: {challenge: Challenge; identity: NodeIdentity},
): Proof {
  return sealWithKey(proof, macEvidence(proof, rig, challenge), {challenge, identity});
}

/** Evidence of any kind, and what stands beside it in the proof. */
export interface SealedEvidence {
  /** Text of the inner bundle. */
  readonly evidence: string;
  readonly evidenceType: string;
  readonly nodeId: string;
  readonly gpuArch: string;
}

/** The MAC for the bundle that a node key signs. @throws UsageError RIG_INVALID */
export function macEvidence(proof: Proof, rig: Rig, challenge: Challenge): SealedEvidence {
  const {nodeId, gpuArch} = rig;
  const evidence = encodeHmacBundle(hmacEvidence(proof, rig, challenge));
  return {evidence, evidenceType: HMAC_ATTESTATION, nodeId, gpuArch};
}

/** `proof` as version 2 with `evidence`, all of it signed by the node key. */
export function sealWithKey(
  proof: Proof,
  {evidence, evidenceType, nodeId, gpuArch}: SealedEvidence,
  {challenge, identity}: {challenge: Challenge; identity: NodeIdentity},
): Proof {
  const bundle = {evidence, evidenceType, nodeId, signature: new Uint8Array(0)};
  const claimed = {...proof, version: 2, attestation: {...claims({gpuArch}, challenge), type: "", bundle: ""}};
  const unsigned = withKeyBundle(claimed, bundle);
  const signature = identity.sign(keySigningBytes(identity.chainId, unsigned));
  return withKeyBundle(unsigned, {...bundle, signature});
}

const claims = (rig: Pick<Rig, "gpuArch">, challenge: Challenge): Omit<Proof["attestation"], "type" | "bundle"> => ({
  gpuArch: rig.gpuArch,
  // Zero asserts nothing: a CPU's rate would fall outside every architecture's band.
  claimedHashrateHps: 0n,
  nonce: challenge.nonce,
  issuedAt: challenge.issuedAt,
});

/** What a rig says about its GPU, under its MAC key. @throws UsageError RIG_INVALID */
export function hmacEvidence(proof: Proof, rig: Rig, challenge: Challenge): HmacBundle {
  checkInputs(proof, rig, challenge);
  const unsigned = {
    challengeBind: hexOf(challengeBind(proof)),
    challengeSig: hexOf(challenge.signature),
    challengeSignerId: challenge.signerId,
    computeCap: rig.computeCap,
    cudaVersion: rig.cudaVersion,
    driverVer: rig.driverVer,
    gpuName: rig.gpuName,
    gpuUuid: rig.gpuUuid,
    issuedAt: challenge.issuedAt,
    nodeId: rig.nodeId,
    nonce: hexOf(challenge.nonce),
  };
  return signHmacBundle(unsigned, rig.hmacKey);
}

function checkInputs({minerAddr}: Proof, {nodeId, gpuUuid, hmacKey}: Rig, challenge: Challenge): void {
  const refuse = (what: string): never => {
    throw new UsageError("RIG_INVALID", `v2client: ${what}`);
  };
  if (nodeId === "") refuse("NodeID empty");
  if (gpuUuid === "") refuse("GPUUUID empty");
  if (hmacKey.length < 16) refuse("HMACKey < 16 bytes");
  if (minerAddr === "") refuse("MinerAddr empty");
  if (challenge.signerId === "") refuse("Challenge.SignerID empty");
  if (challenge.signature.length === 0) refuse("Challenge.Signature empty");
  if (challenge.issuedAt <= 0n) refuse("Challenge.IssuedAt non-positive");
}
