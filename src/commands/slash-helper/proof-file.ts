/** Proofs as the makers of evidence take them: from a file or a pipe, and judged by what a block would say. */
import {issuedAtOfProof} from "../../codecs/mining/attestation.js";
import {readHmacBundleCompat} from "../../codecs/mining/hmac-bundle.js";
import {PROOF_MAX_BYTES, type Proof, readProofCompat} from "../../codecs/mining/proof.js";
import {DecodeError, QsdmError, RuleError} from "../../errors.js";
import type {Io} from "../io.js";

/**
 * The proof in a file, read as leniently as the reference does: people pretty-print them.
 * @throws DecodeError PROOF_EMPTY, PROOF_INVALID and the like
 */
export async function readProofFile(io: Io, path: string, flag: string): Promise<Proof> {
  const file = await io.readFile(path, {flag, maxBytes: PROOF_MAX_BYTES});
  if (file.every((byte) => byte === 0x20 || (byte >= 0x09 && byte <= 0x0d)))
    throw new DecodeError("PROOF_EMPTY", `${flag}: the file is empty`);
  try {
    return readProofCompat(file);
  } catch (cause) {
    if (!(cause instanceof QsdmError)) throw cause;
    throw new DecodeError(cause.code, `${flag}: ${cause.message}`, {
      hint: "a proof is the JSON that a miner submits",
      cause,
    });
  }
}

/** Refuses evidence that would convict nobody. @throws RuleError EVIDENCE_REFUSED */
export function refuseEvidence(why: string, hint: string): never {
  throw new RuleError("EVIDENCE_REFUSED", why, {hint});
}

/** Refuses a proof that carries no attestation. @throws RuleError EVIDENCE_REFUSED */
export function checkAttested({version, attestation}: Proof, offence: string): void {
  const refuse = (why: string) => refuseEvidence(why, `${offence} is about a version 2 proof and its attestation`);
  if (version < 2) refuse(`the proof is of version ${version}`);
  if (attestation.type === "") refuse("the proof has no attestation");
  if (attestation.bundle === "") refuse("the proof's attestation has no bundle");
}

/** Refuses a proof of another node than the one that is meant; empty means anyone. @throws RuleError EVIDENCE_REFUSED */
export function checkAccused(nodeId: string, wanted: string): void {
  if (wanted !== "" && wanted !== nodeId)
    refuseEvidence(
      `the proof is of node "${nodeId}", not of "${wanted}"`,
      "name the node in the proof, or leave --node-id out",
    );
}

/** When the challenge was issued that a proof answers, in Unix seconds. @throws DecodeError BUNDLE_INVALID */
export function readIssuedAt(flag: string, proof: Proof): bigint {
  try {
    return issuedAtOfProof(proof, readHmacBundleCompat);
  } catch (cause) {
    if (!(cause instanceof QsdmError)) throw cause;
    throw new DecodeError("BUNDLE_INVALID", `${flag}: attestation bundle: ${cause.message}`, {
      hint: "a bundle that cannot be read is a forged attestation: qsdm slash-helper forged-attestation",
      cause,
    });
  }
}
