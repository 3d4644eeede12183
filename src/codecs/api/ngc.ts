/** Answers about the bundles of NVIDIA sidecars, members in the order in which Go writes its maps. */
import {JsonNumber} from "./json.js";
import {count, flag, list, object, optional, type Shape, text, time, u64, type ValueOf} from "./shape.js";

/** A JSON number as it was written: whatever a sidecar measured. */
const written: Shape<string> = {
  write: (value) => value,
  read: (json) => (json instanceof JsonNumber ? json.text : ""),
  schema: {type: "number"},
};

/** `GET /api/v1/monitoring/ngc-challenge`. */
export const ngcChallenge = object({
  expiresAtUnix: u64,
  qsdmIngestNonce: text,
  /** The same under its older name, which sidecars in the field read. */
  qsdmplusIngestNonce: text,
  ttlSeconds: count,
});

/** `POST /api/v1/monitoring/ngc-proof`. */
export const ngcTaken = object({ok: flag});

/** `GET /api/v1/monitoring/ngc-proofs`. */
export const ngcProofs = object({
  count,
  proofs: list(
    object({
      aiComputationHash: optional(text),
      aiMode: optional(text),
      cudaProofHash: text,
      executionSeconds: optional(written),
      receivedAt: time,
      replayComputationHash: optional(text),
      tensorMode: optional(text),
      tensorOperationProof: optional(text),
      timestampUtc: optional(text),
    }),
  ),
});

/** The lock as `GET /api/v1/health` shows it. */
export const nvidiaLock = object({
  enabled: flag,
  proofOk: flag,
  maxProofAgeSeconds: count,
  nodeIdBindingEnabled: flag,
  hmacRequired: flag,
  ingestNonceRequired: flag,
  ingestNonceTtlSeconds: count,
  httpBlocksTotal: count,
  ngcChallengeIssuedTotal: count,
  ngcIngestNoncePoolSize: count,
});
export type NvidiaLockView = ValueOf<typeof nvidiaLock>;
