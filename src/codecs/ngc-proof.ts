/**
 * Proof bundle of QSDM's NVIDIA sidecar, as operators' GPU hosts post it to their node.
 *
 * A JSON object with any members; those below are read. Names that begin with `qsdm_` win over their older spelling
 * `qsdmplus_`. The MAC is HMAC-SHA256 over `v1`, node id, hash and time, each with a line feed behind it, or over `v2`
 * and the nonce as well where the bundle has one.
 * Source: node specification, section 7.5; field names and the MAC are the reference's.
 */
import {DecodeError} from "../errors.js";
import {type Json, JsonNumber, type JsonObject, parseJson} from "./api/json.js";
import {textOf, utf8} from "./bytes.js";
import {readHex} from "./go/hex.js";

/** Longest bundle: the limit of the route that takes it. */
export const NGC_PROOF_MAX_BYTES = 512 * 1024;
const MAC_BYTES = 32;

export interface NgcProof {
  /** Node that the sidecar speaks for; empty where it names none. */
  readonly nodeId: string;
  readonly cudaProofHash: string;
  /** As the sidecar wrote it; empty where it did not. */
  readonly timestampUtc: string;
  /** Empty where the bundle was made without a challenge. */
  readonly ingestNonce: string;
  /** `null` where there is none, or what there is cannot be one. */
  readonly mac: Uint8Array | null;
  readonly architecture: string;
  /** Whether the sidecar saw a GPU. */
  readonly gpuAvailable: boolean;
  readonly shown: NgcProofFacts;
}

/** What lists show of a bundle beside its hash; `null` where it does not say. */
export interface NgcProofFacts {
  readonly aiComputationHash: string | null;
  readonly aiMode: string | null;
  readonly tensorOperationProof: string | null;
  readonly tensorMode: string | null;
  readonly replayComputationHash: string | null;
  /** Decimal text of a JSON number. */
  readonly executionSeconds: string | null;
}

/** @throws DecodeError NGC_PROOF_SIZE, NGC_PROOF_INVALID, NGC_PROOF_NO_HASH */
export function readNgcProof(bytes: Uint8Array): NgcProof {
  if (bytes.length === 0 || bytes.length > NGC_PROOF_MAX_BYTES)
    throw new DecodeError("NGC_PROOF_SIZE", "ngc proof body size invalid");
  const bundle = objectIn(bytes);
  const cudaProofHash = textIn(bundle, "cuda_proof_hash");
  if (cudaProofHash === null) throw new DecodeError("NGC_PROOF_NO_HASH", "ngc proof missing cuda_proof_hash");
  const named = (name: string): string => (textIn(bundle, `qsdm_${name}`) || textIn(bundle, `qsdmplus_${name}`)) ?? "";
  const fingerprint = memberOf(bundle, "gpu_fingerprint");
  return {
    nodeId: named("node_id"),
    cudaProofHash,
    timestampUtc: textIn(bundle, "timestamp_utc") ?? "",
    ingestNonce: named("ingest_nonce").trim(),
    mac: macIn(named("proof_hmac").trim()),
    architecture: textIn(bundle, "architecture") ?? "",
    gpuAvailable: fingerprint?.get("available") === true,
    shown: factsIn(bundle),
  };
}

/** Bytes under the MAC. */
export function ngcProofPayload({nodeId, cudaProofHash, timestampUtc, ingestNonce}: NgcProof): Uint8Array {
  const lines = [nodeId, cudaProofHash, timestampUtc];
  return utf8([...(ingestNonce === "" ? ["v1", ...lines] : ["v2", ...lines, ingestNonce]), ""].join("\n"));
}

function objectIn(bytes: Uint8Array): JsonObject {
  try {
    const json = parseJson(textOf(bytes));
    if (json instanceof Map) return json;
  } catch (cause) {
    if (!(cause instanceof DecodeError)) throw cause;
    throw new DecodeError("NGC_PROOF_INVALID", `ngc proof is not valid JSON: ${cause.message}`, {cause});
  }
  throw new DecodeError("NGC_PROOF_INVALID", "ngc proof is not valid JSON: it is no object");
}

const memberOf = (object: JsonObject | null, name: string): JsonObject | null => {
  const member = object?.get(name);
  return member instanceof Map ? member : null;
};
const textIn = (object: JsonObject | null, name: string): string | null => {
  const member: Json | undefined = object?.get(name);
  return typeof member === "string" ? member : null;
};

function factsIn(bundle: JsonObject): NgcProofFacts {
  const [ai, tensor] = [memberOf(bundle, "ai_proof"), memberOf(bundle, "tensor_proof")];
  const seconds = bundle.get("execution_seconds");
  return {
    aiComputationHash: textIn(ai, "ai_computation_hash"),
    aiMode: textIn(ai, "mode"),
    tensorOperationProof: textIn(tensor, "tensor_operation_proof"),
    tensorMode: textIn(tensor, "mode"),
    replayComputationHash: textIn(bundle, "replay_computation_hash"),
    executionSeconds: seconds instanceof JsonNumber ? seconds.text : null,
  };
}

function macIn(text: string): Uint8Array | null {
  try {
    const mac = readHex(text);
    return mac.length === MAC_BYTES ? mac : null;
  } catch (error) {
    if (error instanceof DecodeError) return null;
    throw error;
  }
}
