/** What a proof is verified against, and the proof while it is being verified. */
import type {CellLookup, WorkSet} from "../../../codecs/mining/cells.js";
import type {Proof} from "../../../codecs/mining/proof.js";
import type {VerifySignature} from "../../../codecs/suite.js";
import {InvariantError, QsdmError, UnavailableError} from "../../../errors.js";
import type {DeviceTrust} from "../attestation/cc/trust.js";
import type {ChallengeVerifier} from "../attestation/challenge.js";
import type {CheckAttestation} from "../attestation/dispatcher.js";
import type {Evidence} from "../attestation/evidence.js";
import type {EnrollmentRecord} from "../enrollment/record.js";
import type {ChainParams} from "../params/chain-params.js";
import {ProofRejection, type RejectReason} from "./rejection.js";
import type {MixVersion, Walk} from "./walk.js";

/** A header that a proof may quote. */
export interface QuotedHeader {
  /** 32 bytes. */
  readonly hash: Uint8Array;
  readonly timeMs: bigint;
}

/** Reads of the chain and its registries, all of one state. */
export interface ChainReads {
  header(height: bigint): QuotedHeader | null;
  enrollment(nodeId: string): EnrollmentRecord | null;
  isSeen(proofId: Uint8Array, height: bigint): boolean;
  /** Whether a proof of this node at this height was accepted. */
  hasProof(nodeId: string, height: bigint): boolean;
  isQuarantined(address: string, height: bigint): boolean;
}

/** What miners work on. Each may throw a QsdmError when it is not there. */
export interface WorkReads {
  /** In canonical order. */
  workSet(epoch: bigint): WorkSet;
  /** Finds the cells of the work set; null where they refer to nothing. */
  readonly lookup: CellLookup | null;
  /** Over the table of `epoch`, by whatever computes walks here; all give the digest of `mixDigest`. */
  walk(epoch: bigint): Walk;
  difficulty(height: bigint): bigint;
  mixVersion(height: bigint): MixVersion;
}

export interface VerifyContext {
  readonly params: Pick<ChainParams, "chainId" | "mining" | "rules">;
  /** Proofs quote this height or one at most the grace window below. */
  readonly tipHeight: bigint;
  /** Wall clock on admission, the block's own time in block verification. */
  readonly nowMs: bigint;
  /**
   * What a challenge must not be older than: the wall clock on admission; in a block the header that the proof quotes,
   * because inclusion time is the proposer's choice.
   */
  readonly staleAgainst: "now" | "quoted-header";
  readonly chain: ChainReads;
  readonly work: WorkReads;
  /** ML-DSA-87. */
  readonly verifySignature: VerifySignature;
  /** Whose challenges count; null where the issuers' keys are not held, which is everywhere but on admission. */
  readonly challenges: ChallengeVerifier | null;
  /** Case-insensitive parts of GPU names that are not admitted; none in blocks, where one node's taste does not count. */
  readonly deniedGpus: readonly string[];
  /** Which certified devices count; null where the chain pins no root. */
  readonly deviceTrust: DeviceTrust | null;
  /** Compatible rules only: which addresses may be named, and how attestations are checked. */
  readonly compat: CompatReads | null;
}

export interface CompatReads {
  /** @throws QsdmError */
  checkAddress(address: string): void;
  readonly checkAttestation: CheckAttestation;
}

/** The node behind a proof under strict rules. */
export interface ProofNode {
  readonly record: EnrollmentRecord;
  readonly nodeKey: Uint8Array;
  readonly evidence: Evidence;
}

/** A proof on its way through the checks; each adds what it found. */
export class Draft {
  #proof: Proof | null = null;
  #node: ProofNode | null = null;
  #header: QuotedHeader | null = null;
  /** Known from the duplicate check on. */
  id: Uint8Array | null = null;

  constructor(readonly raw: Uint8Array) {}

  get proof(): Proof {
    return known(this.#proof);
  }
  set proof(proof: Proof) {
    this.#proof = proof;
  }
  get header(): QuotedHeader {
    return known(this.#header);
  }
  set header(header: QuotedHeader) {
    this.#header = header;
  }
  get node(): ProofNode {
    return known(this.#node);
  }
  set node(node: ProofNode) {
    this.#node = node;
  }

  reject(reason: RejectReason, detail: string, cause?: unknown): never {
    throw new ProofRejection(reason, detail, this.id, this.#proof, cause);
  }

  /**
   * What `work` returns; a refusal inside it becomes this proof's, its text after `prefix`. What is only not there now,
   * such as a table that is being built, says nothing about the proof and passes through.
   */
  attempt<T>(reason: RejectReason, prefix: string, work: () => T): T {
    try {
      return work();
    } catch (cause) {
      if (!(cause instanceof QsdmError) || cause instanceof UnavailableError) throw cause;
      return this.reject(reason, prefix + cause.message, cause);
    }
  }
}

function known<T>(value: T | null): T {
  if (value === null) throw new InvariantError("a proof check ran before the one that it builds on");
  return value;
}
