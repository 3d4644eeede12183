/** Objects that several vector files share, to our values and back. */
import {hexOf} from "../../../src/codecs/bytes.js";
import type {Cell} from "../../../src/codecs/mining/cells.js";
import type {Proof} from "../../../src/codecs/mining/proof.js";
import type {Input, Output} from "../case.js";

export function proofOf(input: Input): Proof {
  const attestation = input.object("attestation");
  return {
    version: input.number("version"),
    epoch: input.big("epoch"),
    height: input.big("height"),
    headerHash: input.bytes("header_hash"),
    minerAddr: input.text("miner_addr"),
    batchRoot: input.bytes("batch_root"),
    batchCount: input.number("batch_count"),
    nonce: input.bytes("nonce"),
    mixDigest: input.bytes("mix_digest"),
    attestation: {
      type: attestation.text("type"),
      bundle: attestation.text("bundle"),
      gpuArch: attestation.text("gpu_arch"),
      claimedHashrateHps: attestation.big("claimed_hashrate_hps"),
      nonce: attestation.bytes("nonce"),
      issuedAt: attestation.big("issued_at"),
    },
  };
}

export const proofShape = ({attestation, ...proof}: Proof): Output => ({
  version: proof.version,
  epoch: String(proof.epoch),
  height: String(proof.height),
  header_hash: hexOf(proof.headerHash),
  miner_addr: proof.minerAddr,
  batch_root: hexOf(proof.batchRoot),
  batch_count: proof.batchCount,
  nonce: hexOf(proof.nonce),
  mix_digest: hexOf(proof.mixDigest),
  attestation: {
    type: attestation.type,
    bundle: attestation.bundle,
    gpu_arch: attestation.gpuArch,
    claimed_hashrate_hps: String(attestation.claimedHashrateHps),
    nonce: hexOf(attestation.nonce),
    issued_at: String(attestation.issuedAt),
  },
});

export const cellOf = (input: Input): Cell => ({id: input.bytes("id"), contentHash: input.bytes("content_hash")});

export const cellShape = ({id, contentHash}: Cell): Output => ({id: hexOf(id), content_hash: hexOf(contentHash)});

/** A byte string that may be absent, as `name` and `name_null` give it. */
export const nullableBytes = (input: Input, name: string): Uint8Array | null =>
  input.has(`${name}_null`) && input.flag(`${name}_null`) ? null : input.bytes(name);

/** The same, as two members. */
export const nullableShape = (name: string, value: Uint8Array | null): Record<string, Output> => ({
  [name]: value === null ? "" : hexOf(value),
  [`${name}_null`]: value === null,
});

export const OK: Output = {ok: true};
