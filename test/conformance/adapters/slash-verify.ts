/** `slash_verify.json` and `slash_apply.json`: the evidence verifiers and the slash contract under compatible rules. */
import {equalBytes, hexOf, utf8} from "../../../src/codecs/bytes.js";
import {AUTO_REVOKE_MIN_STAKE, REWARD_BPS} from "../../../src/codecs/governance/parameters.js";
import type {EvidenceKind} from "../../../src/codecs/slashing/payload.js";
import {slashPayload} from "../../../src/codecs/slashing/payload.js";
import {QsdmError, RuleError} from "../../../src/errors.js";
import type {Effect} from "../../../src/node/ledger/chain/contract.js";
import {reasonOf} from "../../../src/node/ledger/chain/events.js";
import {insertRecord} from "../../../src/node/ledger/enrollment/registry.js";
import {COMPAT_RULES} from "../../../src/node/ledger/params/rules.js";
import {createSlashContract} from "../../../src/node/ledger/slashing/contract.js";
import {MAC_VERIFIERS, type VerifyByMac, verifyByMac} from "../../../src/node/ledger/slashing/mac-verifiers.js";
import type {Anchor, AnchorWitness} from "../../../src/node/ledger/slashing/witness.js";
import type {State} from "../../../src/node/ledger/state/state.js";
import {params} from "../../../src/node/ledger/state/stores.js";
import {type Adapters, byKind, byOperation, type Input, type Output, UnknownCase} from "../case.js";
import {
  type AncestorTransaction,
  accountShapes,
  ancestorParams,
  ancestorTransaction,
  callOf,
  charge,
  newRecord,
  recordShapes,
  stateWith,
} from "./ancestor-ledger.js";
import {hmacPortsOf} from "./attestation.js";
import {slashPayloadOf} from "./slashing.js";

const DEFAULT_CAP_DUST = 1_000_000_000n;
const U64_MAX = 2n ** 64n - 1n;

const refuseAnchor = (why: string): never => {
  throw new RuleError("ANCHOR_UNVERIFIABLE", why);
};
const anchorText = (height: bigint, time: bigint, id: string): string =>
  `(height=${height}, time=${time}, proof_id=${id})`;

/** The reference's witnesses, which are stand-ins there too. */
function witnessOf(input: Input): AnchorWitness {
  const kind = input.text("witness");
  if (kind === "trusting") return {check: () => undefined};
  if (kind === "reject-all" || kind === "")
    return {
      check: () =>
        refuseAnchor(
          "production binary has no quorum-attested block-header source " +
            "(BFT finality dependency, see MINING_PROTOCOL_V2.md §12.3)",
        ),
    };
  if (kind !== "fixed") throw new UnknownCase(`no witness "${kind}"`);
  const fixed = input.object("fixed_anchor");
  const known = anchorText(fixed.big("height"), fixed.big("block_time"), fixed.text("proof_id"));
  return {
    check({height, blockTime, proofId}: Anchor) {
      const given = anchorText(height, blockTime, hexOf(proofId));
      if (given !== known) refuseAnchor(`witness was registered for ${known} but slash anchored at ${given}`);
    },
  };
}

function verifiersOf(dispatcher: string): ReadonlyMap<string, VerifyByMac> {
  if (dispatcher === "full") return MAC_VERIFIERS;
  const forged: EvidenceKind = "forged-attestation";
  if (dispatcher === "forged-only") return new Map([[forged, MAC_VERIFIERS.get(forged)!]]);
  if (dispatcher === "empty") return new Map();
  throw new UnknownCase(`no dispatcher "${dispatcher}"`);
}

function verify(input: Input): Output {
  const {operator, denyList} = hmacPortsOf(input, false);
  verifyByMac(verifiersOf(input.text("dispatcher")), slashPayloadOf(input.object("payload")), {
    operator,
    denyList,
    witness: witnessOf(input),
    rules: COMPAT_RULES,
    freshnessWindowSeconds: 60,
  });
  return {max_slash_dust: `${input.big("max_slash_dust") || DEFAULT_CAP_DUST}`};
}

/** The stand-in verifier that the vectors describe: it accepts every blob but one. */
function standIns(input: Input): ReadonlyMap<string, VerifyByMac> {
  const rejected = utf8(input.text("rejecting_blob_utf8"));
  const verifier: VerifyByMac = ({evidence}) => {
    if (equalBytes(evidence!, rejected)) throw new RuleError("SLASH_VERIFIER_FAILED", "the stand-in refuses this blob");
  };
  return new Map(input.texts("registered_kinds").map((kind) => [kind, verifier]));
}

function stateOf(input: Input, chain: ReturnType<typeof ancestorParams>): State {
  const state = stateWith(input.object("accounts"));
  state.put(params, REWARD_BPS, {value: input.big("reward_bps")});
  state.put(params, AUTO_REVOKE_MIN_STAKE, {value: input.big("auto_revoke_min_stake_dust")});
  for (const each of input.objects("records")) {
    const nodeId = each.text("node_id");
    const gpuUuid = nodeId.replace("rig", "GPU");
    insertRecord(state, newRecord({nodeId, gpuUuid, owner: "miner", stakeDust: each.big("stake_dust")}), chain);
  }
  return state;
}

/** What of a payload an event can name, however little of it holds. */
function namedIn({payload}: AncestorTransaction): {nodeId: string; evidenceKind: string} {
  try {
    return slashPayload.readCompat(payload);
  } catch {
    return {nodeId: "", evidenceKind: ""};
  }
}

function slashApply(input: Input): Output {
  const cap = input.big("verifier_cap_dust");
  const chain = ancestorParams({capDust: cap === 0n ? U64_MAX : cap});
  const state = stateOf(input, chain);
  const contract = createSlashContract({macVerifiers: standIns(input)});

  /** The reason of the rejection, or what was applied. The fee is checked last, as there. */
  function applyOne(tx: AncestorTransaction, height: bigint): string | Effect {
    if (tx.contractId !== contract.id) return "wrong_contract";
    const fork = state.fork();
    try {
      const effect = contract.apply(callOf(fork, {params: chain, height}, tx));
      if (tx.fee <= 0 || !charge(fork, tx)) return "fee_invalid";
      fork.merge();
      return effect;
    } catch (error) {
      if (!(error instanceof QsdmError)) throw error;
      return reasonOf(error.code);
    }
  }

  const events = input.objects("ops").map((op) => {
    const tx = ancestorTransaction(op.object("tx"));
    const shape = eventShape(tx, op.number("height"), applyOne(tx, op.big("height")));
    // Without a threshold the reference does not look at what remains, and reports 0.
    return input.big("auto_revoke_min_stake_dust") === 0n ? {...shape, auto_revoke_remaining_dust: "0"} : shape;
  });
  const receipts = events.map(({tx_id, outcome, reject_reason}) => ({outcome, reject_reason, tx_id}));
  return {
    accounts: accountShapes(state),
    events,
    receipts_newest_first: receipts.slice(-input.number("receipt_store_capacity")).reverse(),
    records: recordShapes(state),
  };
}

function eventShape(tx: AncestorTransaction, height: number, done: string | Effect) {
  const slash = typeof done === "string" ? null : done.slash!;
  const reason = typeof done === "string" ? done : "";
  const {nodeId, evidenceKind} = reason === "wrong_contract" ? {nodeId: "", evidenceKind: ""} : namedIn(tx);
  return {
    auto_revoke_remaining_dust: `${slash?.remainingDust ?? 0n}`,
    auto_revoked: slash?.autoRevoked ?? false,
    burned_dust: `${slash?.burnedDust ?? 0n}`,
    evidence_kind: evidenceKind,
    height,
    node_id: nodeId,
    outcome: slash ? "applied" : "rejected",
    reject_reason: reason,
    rewarded_dust: `${slash?.rewardedDust ?? 0n}`,
    slashed_dust: `${slash?.slashedDust ?? 0n}`,
    slasher: tx.sender,
    tx_id: tx.id,
  };
}

export const slashVerifyAdapters: Adapters = {
  "mining.slashing: evidence verifiers and dispatcher": byOperation({verify}),
  "SlashApplier: verification gate, clamping, reward/burn, replay, auto-revoke, receipts": byKind({
    slash_apply: slashApply,
  }),
};
