/** `GET /api/v1/status`: what the node is, where its chain stands, and which forms it takes. */

import {U64_MAX} from "../../../codecs/amount.js";
import {type OwnStatus, type Status, status} from "../../../codecs/api/status.js";
import {ENROLL_V3_CONTRACT} from "../../../codecs/chain/payloads.js";
import {DEFERRED_BOND_BITS, ENROLL_V2_CONTRACT} from "../../../codecs/enrollment.js";
import {formatDuration} from "../../../codecs/go/number.js";
import {AUTO_REVOKE_MIN_STAKE, REWARD_BPS, TENSOR_FORK_HEIGHT} from "../../../codecs/governance/parameters.js";
import {CC_ATTESTATION} from "../../../codecs/mining/cc-bundle.js";
import {HMAC_ATTESTATION} from "../../../codecs/mining/hmac-bundle.js";
import {KEY_ATTESTATION} from "../../../codecs/mining/key-bundle.js";
import {recordGasOf} from "../../ledger/chain/growth.js";
import {
  blocksPerHalving,
  emissionEpoch,
  MINING_CAP_DUST,
  nextHalvingHeight,
  scheduledDust,
} from "../../ledger/monetary/emission.js";
import {rewardOf} from "../../ledger/monetary/engine/reward.js";
import {blocksIn, type ChainParams} from "../../ledger/params/chain-params.js";
import type {ApiPorts, LedgerView} from "../ports.js";
import {json, route} from "../route.js";

export const statusRoute = route({
  method: "GET",
  path: "/api/v1/status",
  summary: "what the node is, where its chain stands, and which forms it takes",
  auth: "public",
  errors: "status",
  cost: 0.1,
  params: {},
  body: null,
  reply: json(status),
  handle: (_input, ports) => statusOf(ports.node),
});

/** Which rules a chain runs, for clients that must choose the form they write. */
export const rulesName = ({rules}: ChainParams): "strict" | "compat" =>
  rules.unsigned === "accepted" ? "compat" : "strict";

function statusOf(node: ApiPorts): Status {
  const view = node.view();
  const {params, head} = view;
  const {info} = node;
  const upMs = BigInt(Math.max(0, node.now() - info.startedAtMs));
  return {
    nodeId: info.nodeId,
    version: info.version,
    gitSha: info.commit,
    buildDate: "",
    uptime: formatDuration((upMs / 1_000n) * 1_000_000_000n),
    chainTip: head.height,
    peers: node.network.peers().length,
    nodeRole: info.role,
    network: params.chainId,
    coin: {name: "Cell", symbol: "CELL", decimals: 8, smallestUnit: "dust"},
    branding: {name: "QSDM", legacyName: null, fullTitle: null},
    tokenomics: tokenomicsOf(view),
    taskActionsReady: false,
    mining: miningOf(view),
    qsdm: ownOf(view, node),
  };
}

/** The emission schedule at the tip; where stake is paid instead, what was issued so far and no reward. */
export function tokenomicsOf({
  head: {height},
  params,
  supply,
}: Pick<LedgerView, "head" | "params" | "supply">): Status["tokenomics"] {
  const {blockTimeSeconds, monetary} = params;
  const epoch = emissionEpoch(height, blockTimeSeconds);
  const blocksPerEpoch = blocksPerHalving(blockTimeSeconds);
  const lastOfEpoch = (epoch + 1n) * blocksPerEpoch;
  const emittedDust = monetary?.mode === "active" ? supply().minedDust : scheduledDust(height, blockTimeSeconds);
  const rewardDust = rewardOf(height + 1n, params);
  return {
    capDust: MINING_CAP_DUST,
    capCell: MINING_CAP_DUST,
    emittedDust,
    emittedCell: emittedDust,
    remainingDust: MINING_CAP_DUST - emittedDust,
    blockRewardDust: rewardDust,
    blockRewardCell: rewardDust,
    currentEpoch: epoch,
    nextHalvingHeight: lastOfEpoch,
    nextHalvingEtaSeconds: (lastOfEpoch - height) * BigInt(blockTimeSeconds),
    targetBlockTimeSeconds: blockTimeSeconds,
    blocksPerEpoch,
  };
}

/** A fork height as the reference shows it: left out when it never comes, and when it is 0. */
const shownFork = (height: bigint): bigint | null => (height === 0n || height === U64_MAX ? null : height);

function miningOf({head: {height}, params, governance}: LedgerView): Status["mining"] {
  const {mining, enrollment, rules} = params;
  const forkTensorHeight = governance().active.get(TENSOR_FORK_HEIGHT) ?? U64_MAX;
  const v2Active = height >= mining.forkV2Height;
  const strict = rules.proofAuthority === "node-key";
  return {
    protocolVersionsAccepted: [v2Active ? 2 : 1],
    forkV2Height: shownFork(mining.forkV2Height),
    forkV2Active: v2Active,
    forkTensorHeight: shownFork(forkTensorHeight),
    forkTensorActive: height >= forkTensorHeight,
    attestationTypesRequired: v2Active ? attestationTypes(params) : null,
    minEnrollStakeDust: v2Active ? enrollment.bondDust : null,
    enrollmentContract: strict ? ENROLL_V3_CONTRACT : ENROLL_V2_CONTRACT,
    signedEnrollmentRequired: true,
    signedEnrollmentActivationHeight: 0n,
    deferredBondFromRewards: true,
    deferredBondActivationHeight: 0n,
    deferredBondWorkDifficulty: DEFERRED_BOND_BITS,
  };
}

function ownOf(view: LedgerView, node: Pick<ApiPorts, "poolSize" | "batches" | "sync" | "store">): OwnStatus {
  const {head, params} = view;
  const {catchingUp, ...sync} = node.sync();
  // Governed: the state has the last word, as it has when a slash is applied.
  const {active} = view.governance();
  return {
    chainId: params.chainId,
    rules: rulesName(params),
    envelopeVersions: params.rules.envelopes === "v2-and-v3" ? [2, 3] : [3],
    height: head.height,
    blockId: head.blockId,
    blockTimeMs: head.timeMs,
    stateRoot: head.stateRoot,
    sync: {state: catchingUp ? "catching-up" : "following", ...sync},
    prunedHeight: node.store.prunedHeight(),
    poolSize: node.poolSize(),
    batches: node.batches(),
    baseFeeDust: params.fees.baseFeeDust,
    recordGas: recordGasOf(params.limits),
    bondDust: params.enrollment.bondDust,
    slashCapDust: params.slashing.capDust,
    slashRewardBps: Number(active.get(REWARD_BPS) ?? 0n),
    autoRevokeMinStakeDust: active.get(AUTO_REVOKE_MIN_STAKE) ?? 0n,
    unbondBlocks: blocksIn(params, params.enrollment.unbondWindowSeconds),
    difficulty: view.difficulty(),
    networkHashrateHps: view.hashrateHps(),
    nextHalvingHeight: nextHalvingHeight(head.height, params.blockTimeSeconds),
    supply: view.supply(),
  };
}

/** What a proof may carry; QSDM's types in order of name. */
const attestationTypes = ({rules, deviceTrust}: ChainParams): string[] => {
  if (rules.proofAuthority === "node-key") return [KEY_ATTESTATION];
  return deviceTrust.roots.length > 0 ? [CC_ATTESTATION, HMAC_ATTESTATION] : [HMAC_ATTESTATION];
};
