/** Checks of a proof's own bytes. Numbers are the steps of the QSDM mining protocol, section 12.3. */
import {equalBytes} from "../../../../codecs/bytes.js";
import {skipSpace} from "../../../../codecs/go/scanner.js";
import {decodeProof, encodeProof, readProofCompat} from "../../../../codecs/mining/proof.js";
import type {Draft, VerifyContext} from "../context.js";
import {isForked} from "../epoch.js";

/** The bytes are the canonical form, and nothing else is taken. */
export function parseCanonical(draft: Draft): void {
  draft.proof = draft.attempt("non-canonical", "", () => decodeProof(draft.raw));
}

/** 1 to 3: a lenient parse whose canonical form must equal the bytes without surrounding white space. */
export function parseTrimmed(draft: Draft): void {
  const proof = draft.attempt("non-canonical", "", () => readProofCompat(draft.raw));
  const canonical = draft.attempt("non-canonical", "", () => encodeProof(proof));
  if (!equalBytes(canonical, trim(draft.raw))) draft.reject("non-canonical", "bytes differ from canonical encoding");
  draft.proof = proof;
}

function trim(bytes: Uint8Array): Uint8Array {
  const start = skipSpace(bytes, 0);
  let end = bytes.length;
  while (end > start && skipSpace(bytes, end - 1) >= end) end--;
  return bytes.subarray(start, end);
}

/** 4: version 2 from the fork on, version 1 before it. */
export function checkVersion(draft: Draft, {params}: VerifyContext): void {
  const {version, height} = draft.proof;
  const forked = isForked(height, params.mining.forkV2Height);
  if (forked && version !== 2) draft.reject("bad-version", `post-fork got v${version} want v2`);
  if (!forked && version !== 1) draft.reject("bad-version", `pre-fork got v${version} want v1`);
}
