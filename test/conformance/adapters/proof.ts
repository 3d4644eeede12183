/** Proofs, bundles, batches and what clients read of them. */
import {equalBytes, hexOf} from "../../../src/codecs/bytes.js";
import {hmacSha256} from "../../../src/codecs/hash.js";
import {
  type Batch,
  batchKey,
  canonicalBatch,
  canonicalWorkSet,
  checkBatch,
  checkBatchStructure,
  checkWorkSet,
} from "../../../src/codecs/mining/cells.js";
import {
  challengeBind,
  encodeHmacBundle,
  type HmacBundle,
  macMessage,
  readHmacBundleCompat,
} from "../../../src/codecs/mining/hmac-bundle.js";
import {batchCountMaximum, batchHash, merkleRoot, prefixRoot, spotIndex} from "../../../src/codecs/mining/merkle.js";
import {encodeProof, isAttestationEmpty, proofIdOf, readProofCompat} from "../../../src/codecs/mining/proof.js";
import {type Adapters, byOperation, Input, type Output, refusalOf} from "../case.js";
import {cellOf, cellShape, OK, proofOf, proofShape} from "./shapes.js";

const batchOf = (input: Input): Batch => input.objects("cells").map(cellOf);
const workSetOf = (input: Input): readonly Batch[] =>
  input.list("batches").map((cells) => (Array.isArray(cells) ? cells : []).map((cell) => cellOf(Input.of(cell))));

function parseProof(input: Input): Output {
  const raw = input.bytes("raw_hex");
  const proof = readProofCompat(raw);
  const canonicalError = refusalOf(() => encodeProof(proof));
  if (canonicalError !== null)
    return {proof: proofShape(proof), canonical_error: canonicalError, roundtrip_equal: false};
  const canonical = encodeProof(proof);
  return {
    proof: proofShape(proof),
    canonical_hex: hexOf(canonical),
    roundtrip_equal: equalBytes(canonical, raw),
  };
}

/** The recorded prefixes end here, whatever the size of the work set. */
const MAX_PREFIXES = 17;

function workSet(input: Input): Output {
  const given = workSetOf(input);
  const canonical = canonicalWorkSet(given);
  const hashes = canonical.map(batchHash);
  return {
    canonical_batch_hashes: hashes.map(hexOf),
    root_as_given: hexOf(merkleRoot(given.map(batchHash))),
    root_canonical: hexOf(merkleRoot(hashes)),
    prefix_roots: hashes.slice(0, MAX_PREFIXES).map((_, i) => ({count: i + 1, root: hexOf(prefixRoot(hashes, i + 1))})),
    prefix_zero_error: refusalOf(() => prefixRoot(hashes, 0)),
    prefix_over_error: refusalOf(() => prefixRoot(hashes, hashes.length + 1)),
    batch_count_maximum: batchCountMaximum(hashes.length),
  };
}

function structural(input: Input): Output {
  const known = input.has("lookup") ? input.object("lookup") : null;
  checkBatchStructure(
    batchOf(input),
    known === null ? null : (id) => (known.has(hexOf(id)) ? known.bytes(hexOf(id)) : null),
  );
  return OK;
}

export const hmacBundleOf = (input: Input): HmacBundle => ({
  challengeBind: input.text("challenge_bind"),
  challengeSig: input.text("challenge_sig"),
  challengeSignerId: input.text("challenge_signer_id"),
  computeCap: input.text("compute_cap"),
  cudaVersion: input.text("cuda_version"),
  driverVer: input.text("driver_ver"),
  gpuName: input.text("gpu_name"),
  gpuUuid: input.text("gpu_uuid"),
  hmac: input.textOr("hmac"),
  issuedAt: input.big("issued_at"),
  nodeId: input.text("node_id"),
  nonce: input.text("nonce"),
});

const hmacBundleShape = (bundle: HmacBundle): Output => ({
  challenge_bind: bundle.challengeBind,
  challenge_sig: bundle.challengeSig,
  challenge_signer_id: bundle.challengeSignerId,
  compute_cap: bundle.computeCap,
  cuda_version: bundle.cudaVersion,
  driver_ver: bundle.driverVer,
  gpu_name: bundle.gpuName,
  gpu_uuid: bundle.gpuUuid,
  hmac: bundle.hmac,
  issued_at: String(bundle.issuedAt),
  node_id: bundle.nodeId,
  nonce: bundle.nonce,
});

export const proofAdapters: Adapters = {
  "mining.proof: canonical JSON, proof_id and parsing": byOperation({
    canonical(input) {
      const proof = proofOf(input.object("proof"));
      return {
        canonical_hex: hexOf(encodeProof(proof)),
        proof_id: hexOf(proofIdOf(proof)),
        attestation_empty: isAttestationEmpty(proof.attestation),
      };
    },
    parse: parseProof,
  }),
  "mining batches, batch hash, work-set ordering and Merkle roots": byOperation({
    batch_hash(input) {
      const given = batchOf(input);
      const canonical = canonicalBatch(given);
      return {
        hash_as_given: hexOf(batchHash(given)),
        canonical_cells: canonical.map(cellShape),
        hash_canonical: hexOf(batchHash(canonical)),
        workset_key: hexOf(batchKey(canonical)),
      };
    },
    batch_validate(input) {
      checkBatch(batchOf(input));
      return OK;
    },
    workset_validate(input) {
      checkWorkSet(workSetOf(input));
      return OK;
    },
    merkle_root: (input) => ({
      root: hexOf(merkleRoot(input.texts("batch_hashes").map((hex) => Buffer.from(hex, "hex")))),
    }),
    workset: workSet,
    structural,
    spot_index: (input) => ({index: spotIndex(input.bytes("proof_id"), input.number("batch_count"))}),
  }),
  "mining.attest.hmac: bundle encoding, MAC message and challenge bind": byOperation({
    sign(input) {
      const bundle = hmacBundleOf(input.object("bundle"));
      const message = macMessage(bundle);
      const hmac = hexOf(hmacSha256(input.bytes("hmac_key"), message));
      return {mac_message_hex: hexOf(message), hmac, bundle_base64: encodeHmacBundle({...bundle, hmac})};
    },
    challenge_bind: (input) => ({
      challenge_bind: hexOf(
        challengeBind({
          minerAddr: input.text("miner_addr"),
          batchRoot: input.bytes("batch_root"),
          mixDigest: input.bytes("mix_digest"),
        }),
      ),
    }),
    parse: (input) => hmacBundleShape(readHmacBundleCompat(input.text("bundle_base64"))),
  }),
};
