/**
 * What a node does with the bundles of its operator's NVIDIA sidecars: takes them under a shared secret, lists them, and
 * where the operator locked the API, lets money move only while one of them is fresh.
 *
 * A policy of one operator, not a rule of the chain: docs/decisions/0040-nvidia-lock.md.
 */
import {utf8} from "../../../codecs/bytes.js";
import {equalSecret, hmacSha256} from "../../../codecs/hash.js";
import {type NgcProof, ngcProofPayload, readNgcProof} from "../../../codecs/ngc-proof.js";
import {DecodeError, QsdmError, RuleError} from "../../../errors.js";
import {IngestNonces} from "./nonces.js";

export interface NgcOptions {
  /** What a sidecar presents. */
  readonly ingestSecret: string;
  /** How long a challenge is good. */
  readonly nonceTtlMs: number;
  /** `null` only takes bundles in. */
  readonly lock: LockOptions | null;
}

export interface LockOptions {
  /** Longest time since a bundle came in. */
  readonly maxProofAgeMs: number;
  /** Node id that bundles must name; `null` takes any. */
  readonly expectedNodeId: string | null;
  /** Key of the bundles' MAC; `null` asks for none. */
  readonly macSecret: string | null;
  /** Whether a bundle answers a challenge, and lets one write pass. */
  readonly requireNonce: boolean;
  /** Whether transactions that peers tell of wait for a bundle as well. */
  readonly peers: boolean;
}

export const NGC_DEFAULTS = {nonceTtlMs: 600_000, maxProofAgeMs: 900_000} as const;

export interface NgcPorts {
  nowMs(): number;
  randomBytes(size: number): Uint8Array;
}

/** Why bundles were refused, as the reference's metrics name it. */
export const INGEST_REFUSALS = ["body_too_large", "invalid_json", "missing_cuda_hash", "nonce", "hmac"] as const;
export type IngestRefusal = (typeof INGEST_REFUSALS)[number];

export interface NgcStats {
  readonly accepted: number;
  readonly refused: Readonly<Record<IngestRefusal, number>>;
  readonly challenges: number;
  readonly blocked: number;
  /** Transactions of peers that were not heard. */
  readonly blockedPeers: number;
  readonly openNonces: number;
}

/** A bundle and when it came in. */
export interface ReceivedProof {
  readonly receivedAtMs: number;
  readonly proof: NgcProof;
}

/** Bundles that are kept; the oldest go first. */
const MAX_KEPT = 32;

const REFUSAL_OF: Readonly<Record<string, IngestRefusal>> = {
  NGC_PROOF_SIZE: "body_too_large",
  NGC_PROOF_INVALID: "invalid_json",
  NGC_PROOF_NO_HASH: "missing_cuda_hash",
  NGC_NONCE_INVALID: "nonce",
  NGC_MAC_INVALID: "hmac",
};

export class NgcDesk {
  readonly #nonces: IngestNonces;
  /** In the order in which they came. */
  readonly #kept: ReceivedProof[] = [];
  readonly #refused = Object.fromEntries(INGEST_REFUSALS.map((each) => [each, 0])) as Record<IngestRefusal, number>;
  #accepted = 0;
  #challenges = 0;
  #blocked = 0;
  #blockedPeers = 0;

  constructor(
    readonly options: NgcOptions,
    private readonly ports: NgcPorts,
  ) {
    this.#nonces = new IngestNonces({...ports, ttlMs: options.nonceTtlMs});
  }

  /** @throws RuleError NGC_UNAUTHORIZED */
  checkSecret(given: string): void {
    if (!equalSecret(utf8(given), utf8(this.options.ingestSecret)))
      throw new RuleError("NGC_UNAUTHORIZED", "unauthorized", {hint: "send the ingest secret in X-QSDM-NGC-Secret"});
  }

  /** @throws RuleError NGC_CHALLENGE_NOT_FOUND where bundles need none; UnavailableError NGC_NONCES_OUT */
  challenge(): {readonly nonce: string; readonly expiresAtMs: number} {
    if (!this.options.lock?.requireNonce)
      throw new RuleError("NGC_CHALLENGE_NOT_FOUND", "ingest nonce challenge disabled");
    const issued = this.#nonces.issue();
    this.#challenges++;
    return issued;
  }

  /**
   * Takes one bundle.
   * @throws DecodeError NGC_PROOF_SIZE, NGC_PROOF_INVALID, NGC_PROOF_NO_HASH, NGC_NONCE_INVALID, NGC_MAC_INVALID
   */
  take(raw: Uint8Array): void {
    try {
      const proof = readNgcProof(raw);
      if (this.options.lock?.requireNonce) this.#checkAnswer(proof);
      this.#kept.push({receivedAtMs: this.ports.nowMs(), proof});
      if (this.#kept.length > MAX_KEPT) this.#kept.shift();
      this.#accepted++;
    } catch (error) {
      const refusal = error instanceof QsdmError ? REFUSAL_OF[error.code] : undefined;
      if (refusal !== undefined) this.#refused[refusal]++;
      throw error;
    }
  }

  list(): readonly ReceivedProof[] {
    return this.#kept;
  }

  /** Whether a write could pass now. */
  isProven(): boolean {
    return this.options.lock === null || this.#qualifying(this.options.lock) >= 0;
  }

  /**
   * Lets one write pass where the API is locked.
   * @returns takes the pass back, for a write that was not taken: whoever posts nonsense must not use up bundles
   * @throws RuleError NVIDIA_LOCKED
   */
  passWrite(): () => void {
    const {lock} = this.options;
    if (lock === null) return () => undefined;
    const at = this.#qualifying(lock);
    if (at < 0) {
      this.#blocked++;
      throw new RuleError("NVIDIA_LOCKED", this.#whyLocked(lock), {
        hint: "the operator has to bring the node's NVIDIA sidecar up; other nodes of the chain take the transaction",
      });
    }
    if (!lock.requireNonce) return () => undefined;
    const [used] = this.#kept.splice(at, 1);
    return () => void this.#kept.splice(at, 0, used!);
  }

  /** Whether a transaction that a peer tells of is heard now. It uses no bundle up: peers pay with their own. */
  passPeers(): boolean {
    const open = this.options.lock?.peers !== true || this.isProven();
    if (!open) this.#blockedPeers++;
    return open;
  }

  stats(): NgcStats {
    const {size: openNonces} = this.#nonces;
    const [accepted, challenges, blocked] = [this.#accepted, this.#challenges, this.#blocked];
    const refused = {...this.#refused};
    return {accepted, refused, challenges, blocked, blockedPeers: this.#blockedPeers, openNonces};
  }

  #checkAnswer(proof: NgcProof): void {
    if (!this.#nonces.use(proof.ingestNonce))
      throw new DecodeError(
        "NGC_NONCE_INVALID",
        "invalid, expired, or reused ingest nonce; GET /api/v1/monitoring/ngc-challenge with ingest secret",
      );
    if (!this.#hasMac(proof))
      throw new DecodeError(
        "NGC_MAC_INVALID",
        "invalid qsdm_proof_hmac / qsdmplus_proof_hmac (required with ingest nonce; use v2 payload when nonce is set)",
      );
  }

  #hasMac(proof: NgcProof): boolean {
    const secret = this.options.lock?.macSecret ?? null;
    if (secret === null) return true;
    return proof.mac !== null && equalSecret(proof.mac, hmacSha256(utf8(secret), ngcProofPayload(proof)));
  }

  /** Place of the newest bundle that opens the lock, or -1. */
  #qualifying({maxProofAgeMs, expectedNodeId}: LockOptions): number {
    const oldestMs = this.ports.nowMs() - maxProofAgeMs;
    return this.#kept.findLastIndex(
      ({receivedAtMs, proof}) =>
        receivedAtMs >= oldestMs &&
        proof.architecture.toLowerCase().includes("nvidia") &&
        proof.gpuAvailable &&
        (expectedNodeId === null || proof.nodeId.trim() === expectedNodeId) &&
        this.#hasMac(proof),
    );
  }

  #whyLocked({expectedNodeId, macSecret}: LockOptions): string {
    if (this.#kept.length === 0) return "NVIDIA lock: no NGC proof bundles ingested";
    if (expectedNodeId !== null) return "NVIDIA lock: no qualifying proof within window with matching qsdm_node_id";
    if (macSecret !== null) return "NVIDIA lock: no qualifying proof with valid qsdm_proof_hmac";
    return "NVIDIA lock: no qualifying proof within window (need architecture NVIDIA and gpu_fingerprint.available)";
  }
}
