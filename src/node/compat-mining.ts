/**
 * What a node keeps to admit proofs of QSDM's miners: used challenges, accepted solutions and quarantined addresses.
 * All of it is this node's own, and no block depends on it. A start takes used challenges and solutions up
 * again from what is waiting and from the newest blocks; quarantine begins anew.
 */
import {checkAddress} from "../codecs/address.js";
import {CC_ATTESTATION, readCcBundleCompat} from "../codecs/mining/cc-bundle.js";
import {HMAC_ATTESTATION, readHmacBundleCompat} from "../codecs/mining/hmac-bundle.js";
import {proofIdOf, readProofCompat} from "../codecs/mining/proof.js";
import type {DeviceTrust} from "./ledger/attestation/cc/trust.js";
import {checkCcAttestation} from "./ledger/attestation/cc/verify.js";
import {refuseCc} from "./ledger/attestation/cc-stub.js";
import type {ChallengeVerifier} from "./ledger/attestation/challenge.js";
import {AttestationDispatcher, type CheckAttestation} from "./ledger/attestation/dispatcher.js";
import {checkHmacAttestation, type HmacPorts} from "./ledger/attestation/hmac.js";
import {NonceStore} from "./ledger/attestation/nonce-store.js";
import type {CompatReads, VerifyContext} from "./ledger/mining/context.js";
import {Quarantine} from "./ledger/mining/quarantine.js";
import {ProofRejection} from "./ledger/mining/rejection.js";
import {SeenProofs} from "./ledger/mining/seen-proofs.js";
import {type VerifiedProof, verifyProof} from "./ledger/mining/verify.js";
import type {ChainParams} from "./ledger/params/chain-params.js";
import type {State} from "./ledger/state/state.js";
import {enrollments} from "./ledger/state/stores.js";

export class CompatMining {
  /** How long a used challenge is remembered at least. */
  readonly rememberedMs: bigint;
  readonly #nonces: NonceStore;
  readonly #seen = new SeenProofs();
  readonly #quarantine = new Quarantine();

  constructor(
    private readonly params: ChainParams,
    private readonly challenges: ChallengeVerifier,
  ) {
    const {freshnessWindowSeconds, futureSkewSeconds} = params.mining;
    // Beyond window and skew together, or a nonce could be forgotten while its challenge is still good (Q18).
    const retentionSeconds = 2 * Math.max(freshnessWindowSeconds, futureSkewSeconds + 1);
    this.#nonces = new NonceStore(retentionSeconds);
    this.rememberedMs = BigInt(retentionSeconds) * 1_000n;
  }

  /** Takes up a proof that an earlier run admitted: its challenge stays used, its solution seen. */
  remember(raw: Uint8Array, nowMs: bigint): void {
    const proof = readProofCompat(raw);
    this.#seen.record(proofIdOf(proof), proof.height);
    const {type, bundle, nonce} = proof.attestation;
    if (type === HMAC_ATTESTATION) this.#nonces.record(readHmacBundleCompat(bundle).nodeId, nonce, nowMs);
    if (type === CC_ATTESTATION) this.#nonces.record(readCcBundleCompat(bundle).deviceUuid, nonce, nowMs);
  }

  /** Verifies a proof that a miner offers, and remembers what it used. @throws ProofRejection */
  verifyOffered(state: State, raw: Uint8Array, context: VerifyContext): VerifiedProof {
    const {chain, tipHeight} = context;
    const verified = this.#watchFraud(tipHeight, () =>
      verifyProof(raw, {
        ...context,
        chain: {
          ...chain,
          isSeen: (id, height) => this.#seen.has(id) || chain.isSeen(id, height),
          isQuarantined: (address, height) => this.#quarantine.has(address, height),
        },
        compat: this.#reads(state, {
          trust: context.deviceTrust,
          deniedGpus: context.deniedGpus,
          challenges: this.challenges,
          nonces: this.#nonces,
          graceSeconds: 0,
        }),
      }),
    );
    this.#seen.record(verified.proofId, verified.proof.height);
    return verified;
  }

  /** Verifies a proof inside a block: everything that does not take this node's own memory. @throws ProofRejection */
  verifyInBlock(state: State, raw: Uint8Array, context: VerifyContext): VerifiedProof {
    const {graceBlocks} = this.params.mining;
    // A proof waits for its block, up to the grace window, and does not turn stale by waiting.
    const graceSeconds = Number(graceBlocks + 1n) * this.params.blockTimeSeconds;
    return verifyProof(raw, {
      ...context,
      compat: this.#reads(state, {
        trust: context.deviceTrust,
        deniedGpus: [],
        challenges: null,
        nonces: null,
        graceSeconds,
      }),
    });
  }

  #reads(
    state: State,
    {
      trust,
      deniedGpus,
      challenges,
      nonces,
      graceSeconds,
    }: Pick<HmacPorts, "challenges" | "nonces"> & {
      trust: DeviceTrust | null;
      deniedGpus: readonly string[];
      graceSeconds: number;
    },
  ): CompatReads {
    const {freshnessWindowSeconds, futureSkewSeconds} = this.params.mining;
    const limits = {windowSeconds: freshnessWindowSeconds + graceSeconds, futureSkewSeconds};
    const operator = (nodeId: string) => state.get(enrollments, nodeId) ?? null;
    const ports: HmacPorts = {operator, challenges, nonces, denyList: deniedGpus, limits};
    const checkCc: CheckAttestation = trust
      ? (proof, nowMs) => checkCcAttestation({trust, challenges, nonces, limits}, proof, nowMs)
      : refuseCc;
    const dispatcher = new AttestationDispatcher();
    dispatcher.register(HMAC_ATTESTATION, (proof, nowMs) => checkHmacAttestation(ports, proof, nowMs));
    dispatcher.register(CC_ATTESTATION, checkCc);
    return {
      // The reference takes any text; what is not an address cannot be paid here.
      checkAddress,
      checkAttestation: (proof, nowMs) => dispatcher.check(proof, nowMs),
    };
  }

  #watchFraud(height: bigint, verify: () => VerifiedProof): VerifiedProof {
    try {
      return verify();
    } catch (error) {
      if (error instanceof ProofRejection && error.reason === "batch-fraud" && error.proof)
        this.#quarantine.add(error.proof.minerAddr, height);
      throw error;
    }
  }
}
