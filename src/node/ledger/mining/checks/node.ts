/** The node behind a strict proof (docs/decisions/0011-strict-mining.md). */
import type {ChallengeBinding} from "../../../../codecs/mining/challenge.js";
import {KEY_ATTESTATION} from "../../../../codecs/mining/key-bundle.js";
import {checkArchitecture, checkHashrate} from "../../attestation/architecture.js";
import {challengeIn, checkBelieved, checkOwn, readEvidence} from "../../attestation/evidence.js";
import {AttestationError} from "../../attestation/failure.js";
import {checkNodeSignature} from "../../attestation/node-key.js";
import {checkIssued, checkNotFuture, checkNotStale} from "../../attestation/quoted.js";
import type {Draft, VerifyContext} from "../context.js";

/** A proof carries the key bundle. Before everything that costs, for one look at a word. */
export function checkAttestationType(draft: Draft): void {
  const {type} = draft.proof.attestation;
  if (type === KEY_ATTESTATION) return;
  const failure =
    type === ""
      ? new AttestationError("required", "")
      : new AttestationError("type_unknown", `got attestation type "${type}" want "${KEY_ATTESTATION}"`);
  draft.reject("attestation", failure.message, failure);
}

/** The node is enrolled and active, and has a key. */
export function checkNode(draft: Draft, {chain}: VerifyContext): void {
  const {nodeId, evidence} = draft.attempt("attestation", "", () => readEvidence(draft.proof.attestation.bundle));
  const record = chain.enrollment(nodeId);
  if (!record) draft.reject("attestation", `node ${nodeId} is not enrolled`);
  if (record.revokedAtHeight !== null)
    draft.reject("attestation", `node ${nodeId} was revoked at height ${record.revokedAtHeight}`);
  if (draft.proof.height < record.enrolledAtHeight)
    draft.reject("attestation", `node ${nodeId} is enrolled from height ${record.enrolledAtHeight} on`);
  if (record.nodeKey === null) draft.reject("attestation", `node ${nodeId} has no registered key`);
  draft.node = {record, nodeKey: record.nodeKey, evidence};
}

/** Work pays the owner of the node that did it, so that nobody gains by copying a solution. */
export function checkOwner(draft: Draft, {params}: VerifyContext): void {
  const {record} = draft.node;
  if (params.rules.rewardAddress === "any" || draft.proof.minerAddr === record.owner) return;
  draft.reject("bad-addr", `miner address is not ${record.owner}, the owner of node ${record.nodeId}`);
}

/** One node, one proof for each height. */
export function checkFirst(draft: Draft, {params, chain}: VerifyContext): void {
  const {nodeId} = draft.node.record;
  const {height} = draft.proof;
  if (params.rules.proofsPerHeight === "any" || !chain.hasProof(nodeId, height)) return;
  draft.reject("duplicate", `node ${nodeId} already has a proof at height ${height}`);
}

/** The evidence: fresh, the node's own, about a GPU that the chain believes, and answering a known issuer's challenge. */
export function checkEvidence(draft: Draft, context: VerifyContext): void {
  const {proof, node, header} = draft;
  const {evidence, record} = node;
  const {scope} = evidence;
  const {freshnessWindowSeconds, futureSkewSeconds} = context.params.mining;
  const readAtMs = context.staleAgainst === "now" ? context.nowMs : header.timeMs;
  draft.attempt("attestation", "", () => {
    const {gpuArch, claimedHashrateHps} = proof.attestation;
    checkHashrate(checkArchitecture(gpuArch), claimedHashrateHps);
    const challenge = challengeIn(evidence);
    checkNotFuture(scope, challenge.issuedAt, context.nowMs, futureSkewSeconds);
    checkNotStale(scope, challenge.issuedAt, readAtMs, freshnessWindowSeconds);
    checkOwn(evidence, proof, record);
    checkBelieved(evidence, {gpuArch, trust: context.deviceTrust, deniedGpus: context.deniedGpus, nowMs: readAtMs});
    const {challenges} = context;
    if (challenges) checkIssued(scope, challenge, {challenges, binding: bindingOf(draft, context)});
  });
}

/** What the proof's challenge must have been issued for. */
function bindingOf(
  {proof: {minerAddr, height}, node: {record}}: Draft,
  {params}: VerifyContext,
): ChallengeBinding | null {
  return params.rules.challengeBinding === "bearer" ? null : {minerAddr, nodeId: record.nodeId, height};
}

/** The node's registered key signed the whole proof for this chain; the dearest check, so the last. */
export function checkSignature(draft: Draft, {params, verifySignature}: VerifyContext): void {
  const {record, nodeKey} = draft.node;
  const {chainId} = params;
  draft.attempt("attestation", "", () =>
    checkNodeSignature(draft.proof, {chainId, nodeKey, nodeId: record.nodeId, verifySignature}),
  );
}
