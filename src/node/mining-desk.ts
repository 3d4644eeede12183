/**
 * The node's side of mining: hands out challenges, and checks what comes back, once when it is offered and again inside
 * its block.
 */
import {randomBytes} from "node:crypto";
import {bytesOfHex, hexOf, plain} from "../codecs/bytes.js";
import type {Challenge} from "../codecs/mining/challenge.js";
import type {Proof} from "../codecs/mining/proof.js";
import type {VerifySignature} from "../codecs/suite.js";
import type {ProofVerdict} from "./api/ports.js";
import {CompatMining} from "./compat-mining.js";
import {type DeviceTrust, deviceTrustOf} from "./ledger/attestation/cc/trust.js";
import {ChallengeVerifier, createChallengeSigner, signerIdOf} from "./ledger/attestation/challenge.js";
import {type ChallengeRequest, challengeTerms} from "./ledger/attestation/challenge-terms.js";
import {ChallengeIssuer} from "./ledger/attestation/issuer.js";
import type {BlockContext} from "./ledger/chain/contract.js";
import type {AcceptedProof, VerifyProof} from "./ledger/chain/run.js";
import type {ChainReads, QuotedHeader, VerifyContext} from "./ledger/mining/context.js";
import {ProofRejection} from "./ledger/mining/rejection.js";
import type {RejectionEntry} from "./ledger/mining/rejection-log.js";
import {isRewarded} from "./ledger/mining/rewarded.js";
import {suspectClaimOf} from "./ledger/mining/transparency.js";
import {type VerifiedProof, verifyProof} from "./ledger/mining/verify.js";
import type {State} from "./ledger/state/state.js";
import {enrollments, heightKey, rewardedProofs} from "./ledger/state/stores.js";
import type {Rejections} from "./mining/rejections/rejections.js";
import type {LedgerStore} from "./storage/store.js";
import {WorkDesk, type WorkPorts} from "./work-desk.js";

export interface DeskPorts extends WorkPorts {
  readonly store: Pick<LedgerStore, "header" | "block" | "waiting">;
  /** Key of the challenge MAC, 32 bytes. */
  readonly challengeKey: Uint8Array;
  /** ML-DSA-87. */
  readonly verifySignature: VerifySignature;
  nowMs(): bigint;
  /** Case-insensitive parts of GPU names that this node does not admit; blocks may hold them. */
  readonly deniedGpus: readonly string[];
  readonly rejections: Pick<Rejections, "record">;
  /** Told of every proof that passes its checks. */
  accepted(proof: Proof): void;
  /** Told of every refusal, with what the log of rejections made of it. */
  refused(rejection: ProofRejection, entry: RejectionEntry | null): void;
}

export class MiningDesk {
  readonly work: WorkDesk;
  readonly #issuer: ChallengeIssuer;
  readonly #challenges = new ChallengeVerifier();
  /** Null where the chain pins no root. */
  readonly #deviceTrust: DeviceTrust | null;
  /** Null where proofs prove their node. */
  readonly #compat: CompatMining | null;

  constructor(private readonly ports: DeskPorts) {
    const {challengeKey, params} = ports;
    const signerId = signerIdOf(challengeKey);
    this.#issuer = new ChallengeIssuer(createChallengeSigner(signerId, challengeKey));
    this.#challenges.register(signerId, challengeKey);
    this.#deviceTrust = deviceTrustOf(params.deviceTrust);
    this.#compat = params.rules.proofAuthority === "hmac" ? new CompatMining(params, this.#challenges) : null;
    this.work = new WorkDesk(ports);
  }

  /**
   * Takes up what an earlier run admitted, so that no restart makes a used challenge good again. On chains that bind
   * challenges there is nothing to remember: a proof's height has room for one.
   */
  async resume(): Promise<void> {
    const {store} = this.ports;
    if (!this.#compat) return;
    const nowMs = this.ports.nowMs();
    for (const {kind, value} of store.waiting()) if (kind === "proof") this.#compat.remember(value, nowMs);
    for (let height = this.ports.tipHeight(); height > 0n; height--) {
      const block = (await store.block(height))?.block;
      // Admitted before its block's time: whatever is older was used up longer ago than anybody asks.
      if (!block || block.header.timeMs < nowMs - this.#compat.rememberedMs) return;
      for (const raw of block.proofs) this.#compat.remember(raw, nowMs);
    }
  }

  /** @throws UsageError CHALLENGE_UNBOUND; RuleError CHALLENGE_NODE_REFUSED, CHALLENGE_COLLISIONS */
  challenge(state: State, asked: ChallengeRequest): Challenge {
    const binding = challengeTerms(asked, {state, rules: this.ports.params.rules});
    return this.#issuer.issue(this.ports.nowMs(), () => plain(randomBytes(32)), binding);
  }

  /**
   * Checks a proof that a miner offers, challenge included.
   * @param isWaiting whether a proof of this node at this height waits for a block
   * @throws ProofRejection
   */
  verifyOffered(state: State, raw: Uint8Array, isWaiting: (nodeId: string, height: bigint) => boolean): AcceptedProof {
    const verified = this.#verifyOffered(state, raw, isWaiting);
    this.ports.accepted(verified.proof);
    return acceptedOf(verified);
  }

  #verifyOffered(state: State, raw: Uint8Array, isWaiting: (nodeId: string, height: bigint) => boolean): VerifiedProof {
    const context = this.#context(state, {tipHeight: this.ports.tipHeight(), nowMs: this.ports.nowMs()});
    const {deniedGpus} = this.ports;
    if (this.#compat) return this.#compat.verifyOffered(state, raw, {...context, deniedGpus});
    const {chain} = context;
    const hasProof = (nodeId: string, height: bigint): boolean =>
      chain.hasProof(nodeId, height) || isWaiting(nodeId, height);
    const admission = {staleAgainst: "now", deniedGpus, challenges: this.#challenges} as const;
    return verifyProof(raw, {...context, ...admission, chain: {...chain, hasProof}});
  }

  /**
   * Checks a proof that another node took, by the rules of the next block: its challenge was that node's, so this one
   * can neither check nor spend it.
   * @throws ProofRejection
   */
  verifyRelayed(state: State, raw: Uint8Array, isWaiting: (nodeId: string, height: bigint) => boolean): AcceptedProof {
    const context = this.#context(state, {tipHeight: this.ports.tipHeight(), nowMs: this.ports.nowMs()});
    if (this.#compat) return acceptedOf(this.#compat.verifyInBlock(state, raw, context));
    const hasProof = (nodeId: string, height: bigint): boolean =>
      context.chain.hasProof(nodeId, height) || isWaiting(nodeId, height);
    return acceptedOf(verifyProof(raw, {...context, chain: {...context.chain, hasProof}}));
  }

  /** Checks a proof inside a block: everything that every validator can check. */
  readonly verifyInBlock: VerifyProof = (state: State, raw: Uint8Array, block: BlockContext) => {
    const read = this.#context(state, {tipHeight: block.height - 1n, nowMs: block.timeMs});
    // Of the block's own branch, whose newest blocks may not be committed here yet.
    const header = (height: bigint): QuotedHeader | null => {
      const quoted = block.ancestor(height);
      return quoted && {hash: bytesOfHex(quoted.id), timeMs: quoted.timeMs};
    };
    const context = {...read, chain: {...read.chain, header}};
    return acceptedOf(this.#compat?.verifyInBlock(state, raw, context) ?? verifyProof(raw, context));
  };

  /** What the API answers for an offer: refusals of the rules are answers, everything else is thrown. */
  async answer(offer: () => Promise<AcceptedProof>): Promise<ProofVerdict> {
    try {
      return {accepted: true, proofId: (await offer()).proofIdHex};
    } catch (error) {
      if (!(error instanceof ProofRejection)) throw error;
      const claim = suspectClaimOf(error);
      this.ports.refused(error, claim && this.ports.rejections.record(claim, this.ports.nowMs()));
      return {accepted: false, reason: error.reason, detail: error.detail};
    }
  }

  #context(state: State, {tipHeight, nowMs}: {tipHeight: bigint; nowMs: bigint}): VerifyContext {
    const {params, verifySignature} = this.ports;
    const chain: ChainReads = {
      header: (height) => this.work.header(height),
      enrollment: (nodeId) => state.get(enrollments, nodeId) ?? null,
      isSeen: (proofId, height) => isRewarded(state, proofId, height),
      hasProof: (nodeId, height) => state.has(rewardedProofs, `${heightKey(height)}/${nodeId}`),
      isQuarantined: () => false,
    };
    const work = this.work.reads(state);
    const base = {params, tipHeight, nowMs, chain, work, verifySignature, deviceTrust: this.#deviceTrust};
    return {...base, staleAgainst: "quoted-header", deniedGpus: [], challenges: null, compat: null};
  }
}

function acceptedOf({proof, proofId, node}: VerifiedProof): AcceptedProof {
  return {
    proofId,
    proofIdHex: hexOf(proofId),
    // Without a node a proof stands for itself: rules that tie proofs to nodes always name one.
    nodeId: node?.record.nodeId ?? hexOf(proofId),
    height: proof.height,
    to: proof.minerAddr,
  };
}
