/** Suspicions as evidence: canonical bytes, which every watcher of the same proofs builds alike. */
import {doubleMining} from "../../../codecs/slashing/double-mining.js";
import {forgedAttestation} from "../../../codecs/slashing/forged-attestation.js";
import {freshnessCheat} from "../../../codecs/slashing/freshness-cheat.js";
import type {EvidenceKind} from "../../../codecs/slashing/payload.js";
import type {Suspicion} from "./detector.js";

export interface Charge {
  readonly kind: EvidenceKind;
  readonly nodeId: string;
  readonly epoch: bigint;
  readonly height: bigint;
  /** Name of the offence, good for a file. */
  readonly name: string;
  readonly evidence: Uint8Array;
}

/** Time of the header at a height, milliseconds since 1970; `null` when there is none. */
export type HeaderTime = (height: bigint) => Promise<bigint | null>;

/** Every charge that a suspicion can come to. Nothing is added by the accuser: no memo, no remark on the fault. */
export async function chargesOf(suspicion: Suspicion, headerTime: HeaderTime): Promise<readonly Charge[]> {
  const {nodeId, epoch, height} = suspicion;
  const about = {nodeId, epoch, height};
  if (suspicion.type === "double-mining") {
    const [proofA, proofB] = suspicion.proofs;
    const evidence = doubleMining.encode({proofA, proofB, memo: ""});
    return [{kind: "double-mining", ...about, name: `double-mining-${nodeId}-${epoch}-${height}`, evidence}];
  }
  const {proof, proofId} = suspicion;
  const charge = (kind: EvidenceKind, evidence: Uint8Array): Charge => ({
    kind,
    ...about,
    name: `${kind}-${nodeId}-${proofId.slice(0, 16)}`,
    evidence,
  });
  const forged = charge("forged-attestation", forgedAttestation.encode({proof, faultClass: "", memo: ""}));
  const timeMs = await headerTime(height);
  if (timeMs === null) return [forged];
  // Whole seconds, as the proof's own times are; whether that is stale is for the ledger to say.
  const anchor = {anchorHeight: height, anchorBlockTime: timeMs / 1_000n};
  return [forged, charge("freshness-cheat", freshnessCheat.encode({proof, ...anchor, memo: ""}))];
}
