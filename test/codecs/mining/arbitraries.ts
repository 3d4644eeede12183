/** Random honest values of the mining objects. */
import fc from "fast-check";
import type {Cell} from "../../../src/codecs/mining/cells.js";
import type {HmacBundle} from "../../../src/codecs/mining/hmac-bundle.js";
import {NO_ATTESTATION, type Proof} from "../../../src/codecs/mining/proof.js";

export const u64 = fc.bigInt({min: 0n, max: (1n << 64n) - 1n});
export const i64 = fc.bigInt({min: -(1n << 63n), max: (1n << 63n) - 1n});
export const u32 = fc.nat({max: 0xffff_ffff});
/** Well-formed text with everything that a writer has to escape. */
export const text = fc.string({unit: "binary", maxLength: 20});
export const bytes = (size: number): fc.Arbitrary<Uint8Array> => fc.uint8Array({minLength: size, maxLength: size});
export const hex = (size: number): fc.Arbitrary<string> => bytes(size).map((each) => Buffer.from(each).toString("hex"));
export const address = hex(32);

const attestation = fc.record({
  type: text,
  bundle: fc.base64String(),
  gpuArch: text,
  claimedHashrateHps: u64,
  nonce: bytes(32),
  issuedAt: i64,
});

const solution = {
  epoch: u64,
  height: u64,
  headerHash: bytes(32),
  minerAddr: address,
  batchRoot: bytes(32),
  batchCount: u32.filter((count) => count > 0),
  nonce: bytes(16),
  mixDigest: bytes(32),
};

/** Version 1 carries no challenge, so both of its values are zero. */
export const proofV1: fc.Arbitrary<Proof> = fc.record({
  version: fc.constant(1),
  ...solution,
  attestation: attestation.map((each) => ({
    ...each,
    nonce: NO_ATTESTATION.nonce,
    issuedAt: NO_ATTESTATION.issuedAt,
  })),
});
export const proofV2: fc.Arbitrary<Proof> = fc.record({version: fc.constant(2), ...solution, attestation});
export const proof: fc.Arbitrary<Proof> = fc.oneof(proofV1, proofV2);

export const hmacBundle: fc.Arbitrary<HmacBundle> = fc.record({
  challengeBind: hex(32),
  challengeSig: hex(32),
  challengeSignerId: text,
  computeCap: text,
  cudaVersion: text,
  driverVer: text,
  gpuName: text,
  gpuUuid: text,
  hmac: hex(32),
  issuedAt: i64,
  nodeId: text,
  nonce: hex(32),
});

export const cell: fc.Arbitrary<Cell> = fc.record({
  id: fc.uint8Array({minLength: 1, maxLength: 40}),
  contentHash: bytes(32),
});
export const batch = fc.array(cell, {minLength: 3, maxLength: 5});
export const workSet = fc.array(batch, {minLength: 1, maxLength: 6});
