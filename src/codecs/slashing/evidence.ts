/** What the three kinds of evidence share: limits, embedded proofs, and how their faults are worded. */
import {DecodeError} from "../../errors.js";
import {utf8} from "../bytes.js";
import {compactJson} from "../go/layout.js";
import {prefixed, readStrict} from "../go/readers.js";
import type {GoType} from "../go/types.js";
import {encodeProof, type Proof, readProofCompat} from "../mining/proof.js";

/** Largest evidence, in bytes. */
export const EVIDENCE_MAX_BYTES = 1_048_576;
/** Longest memo, in bytes of UTF-8, of evidence and of slash payloads alike. */
export const EVIDENCE_MEMO_MAX_BYTES = 256;
/** Code of every fault in evidence. */
export const EVIDENCE_INVALID = "EVIDENCE_INVALID";

/** Faults of one kind of evidence, worded as the reference does: `scope` names its package. */
export class EvidenceWording {
  constructor(readonly scope: string) {}

  refuse(why: string): never {
    throw new DecodeError(EVIDENCE_INVALID, `${this.scope}: ${why}`);
  }

  /** Runs `work`; the text of what it throws goes after `step`. */
  within<T>(step: string, work: () => T): T {
    return prefixed({code: EVIDENCE_INVALID, prefix: `${this.scope}: ${step}: `}, work);
  }

  checkMemo(memo: string): void {
    const size = utf8(memo).length;
    if (size > EVIDENCE_MEMO_MAX_BYTES) this.refuse(`memo exceeds ${EVIDENCE_MEMO_MAX_BYTES} bytes (got ${size})`);
  }

  /** The encoding within the limit; every embedded proof has to be JSON, which an address with quotes can break. */
  sized(text: string): string {
    const size = Buffer.byteLength(text);
    if (size > EVIDENCE_MAX_BYTES) this.refuse(`encoded evidence exceeds ${EVIDENCE_MAX_BYTES} bytes (got ${size})`);
    return text;
  }

  canonical(name: string, proof: Proof): Uint8Array {
    return this.within(`canonical ${name}`, () => encodeProof(proof));
  }

  /** Canonical proof bytes as Go embeds raw JSON: checked, and without the white space that an address can bring. */
  embed(bytes: Uint8Array): Uint8Array {
    return this.within("encode", () =>
      prefixed({code: EVIDENCE_INVALID, prefix: "json: error calling MarshalJSON for type json.RawMessage: "}, () =>
        compactJson(bytes),
      ),
    );
  }

  read<T>(type: GoType<T>, bytes: Uint8Array): T {
    if (bytes.length > EVIDENCE_MAX_BYTES)
      this.refuse(`evidence exceeds ${EVIDENCE_MAX_BYTES} bytes (got ${bytes.length})`);
    return readStrict(type, bytes, {
      code: EVIDENCE_INVALID,
      prefix: `${this.scope}: json decode: `,
      trailing: `${this.scope}: trailing bytes after evidence JSON`,
    });
  }

  present(name: string, raw: Uint8Array | null): Uint8Array {
    return raw ?? this.refuse(`evidence missing required ${name} field`);
  }

  proof(name: string, raw: Uint8Array): Proof {
    return this.within(`parse ${name}`, () => readProofCompat(raw));
  }
}
