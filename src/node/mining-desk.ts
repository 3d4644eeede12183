/**
 * The node's side of mining: hands out work and challenges, and checks what comes back, once when it is offered and
 * again inside its block.
 */
import {randomBytes} from "node:crypto";
import {bytesOfHex, hexOf, plain} from "../codecs/bytes.js";
import {blockIdOf} from "../codecs/chain/block.js";
import type {Challenge} from "../codecs/mining/challenge.js";
import {batchCountMaximum} from "../codecs/mining/merkle.js";
import type {Proof} from "../codecs/mining/proof.js";
import type {ServedWork} from "../codecs/mining/work.js";
import type {VerifySignature} from "../codecs/suite.js";
import {UnavailableError} from "../errors.js";
import type {ProofVerdict} from "./api/ports.js";
import {CompatMining} from "./compat-mining.js";
import type {ComputeBackend} from "./compute/backend.js";
import {type DeviceTrust, deviceTrustOf} from "./ledger/attestation/cc/trust.js";
import {ChallengeVerifier, createChallengeSigner, signerIdOf} from "./ledger/attestation/challenge.js";
import {type ChallengeRequest, challengeTerms} from "./ledger/attestation/challenge-terms.js";
import {ChallengeIssuer} from "./ledger/attestation/issuer.js";
import type {BlockContext} from "./ledger/chain/contract.js";
import type {AcceptedProof, VerifyProof} from "./ledger/chain/run.js";
import type {ChainReads, QuotedHeader, VerifyContext, WorkReads} from "./ledger/mining/context.js";
import type {DagSeed} from "./ledger/mining/dag.js";
import {difficultyAt} from "./ledger/mining/difficulty.js";
import {epochOf} from "./ledger/mining/epoch.js";
import {mixVersionAt} from "./ledger/mining/forks.js";
import {ProofRejection} from "./ledger/mining/rejection.js";
import type {RejectionEntry} from "./ledger/mining/rejection-log.js";
import {isRewarded} from "./ledger/mining/rewarded.js";
import {suspectClaimOf} from "./ledger/mining/transparency.js";
import {type VerifiedProof, verifyProof} from "./ledger/mining/verify.js";
import type {ChainParams} from "./ledger/params/chain-params.js";
import type {State} from "./ledger/state/state.js";
import {enrollments, heightKey, rewardedProofs} from "./ledger/state/stores.js";
import type {DagBuilder} from "./mining/dag/builder.js";
import {MiningTables, type TableKind} from "./mining-tables.js";
import type {Rejections} from "./rejections/rejections.js";
import type {Log} from "./service.js";
import type {LedgerStore} from "./storage/store.js";
import {WorkSets} from "./work-sets.js";

export interface DeskPorts {
  readonly store: Pick<LedgerStore, "head" | "header" | "block" | "waiting">;
  readonly params: ChainParams;
  /** Key of the challenge MAC, 32 bytes. */
  readonly challengeKey: Uint8Array;
  /** ML-DSA-87. */
  readonly verifySignature: VerifySignature;
  readonly backend: ComputeBackend;
  readonly builder: DagBuilder;
  readonly tableKind: TableKind;
  readonly log: Log;
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
  readonly #issuer: ChallengeIssuer;
  readonly #challenges = new ChallengeVerifier();
  readonly #workSets: WorkSets;
  readonly #tables: MiningTables;
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
    this.#workSets = new WorkSets(params, (height) => this.ports.store.header(height));
    this.#tables = new MiningTables((epoch) => this.#seedOf(epoch), ports.tableKind, ports);
  }

  /** Builds the current epoch's table; work is refused until it is there. */
  async start(signal: AbortSignal): Promise<void> {
    await this.#tables.prepare(this.#epochAt(this.#tipHeight()), signal);
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
    for (let height = this.#tipHeight(); height > 0n; height--) {
      const block = (await store.block(height))?.block;
      // Admitted before its block's time: whatever is older was used up longer ago than anybody asks.
      if (!block || block.header.timeMs < nowMs - this.#compat.rememberedMs) return;
      for (const raw of block.proofs) this.#compat.remember(raw, nowMs);
    }
  }

  /** Builds the next epoch's table ahead of it, once it is known and no proof can be of the last epoch any more. */
  async prepareNext(): Promise<void> {
    const tip = this.#tipHeight();
    const epoch = this.#epochAt(tip);
    if (this.#oldestEpoch(tip) < epoch || !this.#workSets.isDrawn(epoch + 1n, tip)) return;
    await this.#tables.prepare(epoch + 1n);
  }

  /** @throws UsageError CHALLENGE_UNBOUND; RuleError CHALLENGE_NODE_REFUSED, CHALLENGE_COLLISIONS */
  challenge(state: State, asked: ChallengeRequest): Challenge {
    const binding = challengeTerms(asked, {state, rules: this.ports.params.rules});
    return this.#issuer.issue(this.ports.nowMs(), () => plain(randomBytes(32)), binding);
  }

  /** Work on the header at `height` of the chain that ends in `state`, or at the tip. @throws UnavailableError MINING_UNAVAILABLE */
  work(state: State, height: bigint | null): ServedWork {
    const {params} = this.ports;
    const tip = this.#tipHeight();
    const at = height === null || height > tip ? tip : height;
    const header = this.#header(at);
    if (!header)
      throw new UnavailableError("MINING_UNAVAILABLE", `no header at height ${at}`, {
        hint: "try again in a few seconds",
      });
    const epoch = this.#epochAt(at);
    const {workSet, root} = this.#workSets.at(epoch);
    // Refused until the table is there; nobody gets one built by asking for an epoch that no proof can be of.
    if (epoch >= this.#oldestEpoch(tip)) this.#tables.walk(epoch);
    return {
      epoch,
      height: at,
      headerHash: header.hash,
      difficulty: difficultyAt(state, at, params),
      dagEntries: params.mining.dagEntries,
      workSetRoot: root,
      workSet,
      batchCountMaximum: batchCountMaximum(workSet.length),
      blocksPerEpoch: params.mining.blocksPerEpoch,
      mixVersion: mixVersionAt(state, at),
      nextWorkSetRoot: this.#workSets.isDrawn(epoch + 1n, tip) ? this.#workSets.at(epoch + 1n).root : null,
    };
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
    const context = this.#context(state, {tipHeight: this.#tipHeight(), nowMs: this.ports.nowMs()});
    const {deniedGpus} = this.ports;
    if (this.#compat) return this.#compat.verifyOffered(state, raw, {...context, deniedGpus});
    const {chain} = context;
    const hasProof = (nodeId: string, height: bigint): boolean =>
      chain.hasProof(nodeId, height) || isWaiting(nodeId, height);
    const admission = {staleAgainst: "now", deniedGpus, challenges: this.#challenges} as const;
    return verifyProof(raw, {...context, ...admission, chain: {...chain, hasProof}});
  }

  /** Checks a proof inside a block: everything that every validator can check. */
  readonly verifyInBlock: VerifyProof = (state: State, raw: Uint8Array, block: BlockContext) => {
    const context = this.#context(state, {tipHeight: block.height - 1n, nowMs: block.timeMs});
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
      header: (height) => this.#header(height),
      enrollment: (nodeId) => state.get(enrollments, nodeId) ?? null,
      isSeen: (proofId, height) => isRewarded(state, proofId, height),
      hasProof: (nodeId, height) => state.has(rewardedProofs, `${heightKey(height)}/${nodeId}`),
      isQuarantined: () => false,
    };
    const work: WorkReads = {
      workSet: (epoch) => this.#workSets.at(epoch).workSet,
      lookup: this.#workSets.lookup,
      walk: (epoch) => this.#tables.walk(epoch),
      difficulty: (height) => difficultyAt(state, height, params),
      mixVersion: (height) => mixVersionAt(state, height),
    };
    const base = {params, tipHeight, nowMs, chain, work, verifySignature, deviceTrust: this.#deviceTrust};
    return {...base, staleAgainst: "quoted-header", deniedGpus: [], challenges: null, compat: null};
  }

  #seedOf(epoch: bigint): DagSeed {
    return {epoch, workSetRoot: this.#workSets.at(epoch).root, entries: this.ports.params.mining.dagEntries};
  }

  #header(height: bigint): QuotedHeader | null {
    const header = this.ports.store.header(height);
    return header ? {hash: bytesOfHex(blockIdOf(header)), timeMs: header.timeMs} : null;
  }

  #tipHeight(): bigint {
    return this.ports.store.head()?.header.height ?? 0n;
  }

  /** Epoch of the oldest header that a proof may still quote. */
  #oldestEpoch(tip: bigint): bigint {
    const {graceBlocks} = this.ports.params.mining;
    return this.#epochAt(tip > graceBlocks ? tip - graceBlocks : 0n);
  }

  #epochAt(height: bigint): bigint {
    return epochOf(height, this.ports.params.mining.blocksPerEpoch);
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
