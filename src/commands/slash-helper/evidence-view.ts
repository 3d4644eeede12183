/** What evidence of any kind says, as far as its bytes tell. */
import {hexOf} from "../../codecs/bytes.js";
import type {CompatCodec} from "../../codecs/json.js";
import {nodeIdOfProof} from "../../codecs/mining/attestation.js";
import {readHmacBundleCompat} from "../../codecs/mining/hmac-bundle.js";
import type {Proof} from "../../codecs/mining/proof.js";
import {doubleMining} from "../../codecs/slashing/double-mining.js";
import {forgedAttestation} from "../../codecs/slashing/forged-attestation.js";
import {freshnessCheat} from "../../codecs/slashing/freshness-cheat.js";
import type {EvidenceKind} from "../../codecs/slashing/payload.js";
import {DecodeError, QsdmError} from "../../errors.js";

/** What the kinds have in common, and what only some have. */
export interface EvidenceView {
  readonly kind: EvidenceKind;
  readonly sizeBytes: number;
  /** Whether strict rules would read it. */
  readonly canonical: boolean;
  readonly memo: string;
  readonly proofs: readonly Proof[];
  readonly faultClass: string | null;
  readonly anchorHeight: bigint | null;
  /** Unix seconds. */
  readonly anchorBlockTime: bigint | null;
}

type Reader = (bytes: Uint8Array) => EvidenceView;
type Said = Pick<EvidenceView, "memo" | "proofs"> & Partial<EvidenceView>;

function reader<T>(kind: EvidenceKind, codec: CompatCodec<T>, said: (evidence: T) => Said): Reader {
  return (bytes) => {
    const strict = attempt(() => codec.decode(bytes));
    const none = {faultClass: null, anchorHeight: null, anchorBlockTime: null};
    const head = {kind, sizeBytes: bytes.length, canonical: strict !== null};
    return {...none, ...head, ...said(strict ?? codec.readCompat(bytes))};
  };
}

const READERS: Readonly<Record<EvidenceKind, Reader>> = {
  "double-mining": reader("double-mining", doubleMining, ({proofA, proofB, memo}) => ({
    memo,
    proofs: [proofA, proofB],
  })),
  "freshness-cheat": reader("freshness-cheat", freshnessCheat, ({proof, ...rest}) => ({...rest, proofs: [proof]})),
  "forged-attestation": reader("forged-attestation", forgedAttestation, ({proof, ...rest}) => ({
    ...rest,
    proofs: [proof],
  })),
};

/**
 * What evidence says. Without `kind`, read as the kind whose form it has; each refuses the members of the others.
 * @throws DecodeError EVIDENCE_INVALID
 */
export function viewEvidence(bytes: Uint8Array, kind: EvidenceKind | undefined): EvidenceView {
  if (kind !== undefined) return READERS[kind](bytes);
  for (const read of Object.values(READERS)) {
    const view = attempt(() => read(bytes));
    if (view !== null) return view;
  }
  throw new DecodeError("EVIDENCE_INVALID", "the bytes are evidence of no known kind", {
    hint: `name the kind with --kind to see what is wrong: ${Object.keys(READERS).join(", ")}`,
  });
}

/** A proof's main values, in the order in which they print. `node_id` is null when the bundle cannot be read. */
export const proofView = (proof: Proof) => ({
  version: proof.version,
  epoch: proof.epoch,
  height: proof.height,
  node_id: attempt(() => nodeIdOfProof(proof, readHmacBundleCompat)),
  miner_addr: proof.minerAddr,
  batch_count: proof.batchCount,
  nonce: hexOf(proof.nonce),
  attest_type: proof.attestation.type,
  attest_bundle_bytes: proof.attestation.type === "" ? 0 : proof.attestation.bundle.length,
});

/** What `read` gives, or null where the bytes do not have that form. */
function attempt<T>(read: () => T): T | null {
  try {
    return read();
  } catch (error) {
    if (error instanceof QsdmError) return null;
    throw error;
  }
}
