/** `enroll_registry.json`: the registry's operations one by one, and the reference's registry file. */
import {hexOf} from "../../../src/codecs/bytes.js";
import type {Enrollment} from "../../../src/codecs/enrollment.js";
import {quoteText} from "../../../src/codecs/go/quote.js";
import {
  encodeEnrollmentSnapshot,
  readEnrollmentSnapshot,
  type SnapshotRecord,
} from "../../../src/codecs/qsdm-chain/enrollment-snapshot.js";
import {DecodeError, QsdmError, RuleError} from "../../../src/errors.js";
import {fillBonds} from "../../../src/node/ledger/enrollment/accrue.js";
import {checkEnrollable, checkNamesFree, checkUnenrollable} from "../../../src/node/ledger/enrollment/apply.js";
import type {EnrollmentRecord} from "../../../src/node/ledger/enrollment/record.js";
import {
  gpuIdentity,
  insertRecord,
  registryStats,
  revokeRecord,
  sweep,
} from "../../../src/node/ledger/enrollment/registry.js";
import {credit} from "../../../src/node/ledger/monetary/supply.js";
import {State} from "../../../src/node/ledger/state/state.js";
import {enrollments, evidence, gpuBindings} from "../../../src/node/ledger/state/stores.js";
import {type Adapters, byOperation, type Input, type Output, UnknownCase} from "../case.js";
import {ancestorParams} from "./ancestor-ledger.js";
import {enrollmentOf} from "./enrollment.js";
import {pageOf, retireLegacyOwners, revokedCount, slashAndRevoke} from "./enrollment-apply.js";
import {OK} from "./shapes.js";

const PARAMS = ancestorParams();
const BOND_DUST = PARAMS.enrollment.bondDust;

const given = (input: Input): SnapshotRecord => ({
  nodeId: input.text("node_id"),
  owner: input.text("owner"),
  gpuUuid: input.text("gpu_uuid"),
  hmacKey: input.bytes("hmac_key"),
  stakeDust: input.big("stake_dust"),
  bondMode: input.text("bond_mode"),
  requiredStakeDust: input.big("required_stake_dust"),
  enrolledAtHeight: input.big("enrolled_at_height"),
  revokedAtHeight: input.big("revoked_at_height"),
  unbondMaturesAtHeight: input.big("unbond_matures_at_height"),
  memo: input.text("memo"),
});

/** A record of the reference as ours, in which nothing is left to be defaulted. */
const stored = (record: SnapshotRecord): EnrollmentRecord => ({
  ...record,
  hmacKey: record.hmacKey ?? new Uint8Array(0),
  nodeKey: null,
  bondMode: record.bondMode === "mining_rewards" ? "mining_rewards" : "upfront",
  requiredStakeDust: record.requiredStakeDust || BOND_DUST,
  earnedStakeDust: record.stakeDust,
  revokedAtHeight: record.revokedAtHeight || null,
  unbondMaturesAtHeight: record.unbondMaturesAtHeight || null,
});

const shape = (record: SnapshotRecord) => ({
  bond_mode: record.bondMode,
  enrolled_at_height: `${record.enrolledAtHeight}`,
  gpu_uuid: record.gpuUuid,
  hmac_key: hexOf(record.hmacKey ?? new Uint8Array(0)),
  memo: record.memo,
  node_id: record.nodeId,
  owner: record.owner,
  required_stake_dust: `${record.requiredStakeDust}`,
  revoked_at_height: `${record.revokedAtHeight}`,
  stake_dust: `${record.stakeDust}`,
  unbond_matures_at_height: `${record.unbondMaturesAtHeight}`,
});

/** A registry under script, with the words that records came in where ours says the same in another. */
class Script {
  readonly state = new State().fork();
  readonly #words = new Map<string, Pick<SnapshotRecord, "bondMode" | "requiredStakeDust">>();

  insert(record: SnapshotRecord): Output {
    const {nodeId, gpuUuid} = record;
    try {
      checkNamesFree(this.state, PARAMS, {nodeId, gpuUuid});
    } catch (error) {
      if (!(error instanceof RuleError)) throw error;
      const bound = error.code === "ENROLLMENT_NODE_ID_BOUND";
      return refuse(
        "InMemoryState.ApplyEnroll",
        bound
          ? `node_id ${quoteText(nodeId)} already present (validation should have caught this)`
          : `gpu_uuid ${quoteText(gpuUuid)} already bound (validation should have caught this)`,
      );
    }
    insertRecord(this.state, stored(record), PARAMS);
    this.#words.set(nodeId, record);
    return OK;
  }

  final(): readonly Output[] {
    return [...this.state.keys(enrollments)].map((nodeId) => {
      const record = this.state.get(enrollments, nodeId)!;
      const {bondMode, requiredStakeDust} = this.#words.get(nodeId)!;
      const left = record.requiredStakeDust > record.stakeDust ? record.requiredStakeDust - record.stakeDust : 0n;
      return {
        ...shape({
          ...record,
          bondMode,
          requiredStakeDust,
          revokedAtHeight: record.revokedAtHeight ?? 0n,
          unbondMaturesAtHeight: record.unbondMaturesAtHeight ?? 0n,
        }),
        active: record.revokedAtHeight === null,
        bond_remaining_dust: `${left}`,
        fully_bonded: left === 0n,
        required_bond_dust: `${record.requiredStakeDust}`,
      };
    });
  }
}

const refuse = (operation: string, why: string): never => {
  throw new DecodeError("REGISTRY_REFUSED", `enrollment: ${operation}: ${why}`);
};
const absent = (operation: string, nodeId: string): never =>
  refuse(operation, `node_id ${quoteText(nodeId)} not present`);

function revokeIfUnderBonded({state}: Script, step: Input): Output {
  const nodeId = step.text("node_id");
  const terms = {amountDust: 0n, thresholdDust: step.big("min_stake_dust"), height: step.big("height")};
  const done = slashAndRevoke(state, nodeId, terms) ?? absent("RevokeIfUnderBonded", nodeId);
  return {remaining: `${done.remainingDust}`, revoked: done.revoked};
}

function lookup({state}: Script, step: Input): Output {
  const record = state.get(enrollments, step.text("node_id"));
  const fail = (why: string): never => {
    throw new DecodeError("OPERATOR_UNKNOWN", `hmac: node_id ${why}`);
  };
  const known = record ?? fail("not in operator registry");
  if (known.revokedAtHeight !== null) fail("revoked");
  return {gpu_uuid: known.gpuUuid, hmac_key: hexOf(known.hmacKey), node_id: known.nodeId};
}

function unenroll({state}: Script, step: Input): Output {
  const nodeId = step.text("node_id");
  const record = state.get(enrollments, nodeId) ?? absent("InMemoryState.ApplyUnenroll", nodeId);
  if (record.revokedAtHeight !== null)
    refuse("InMemoryState.ApplyUnenroll", `node_id ${quoteText(nodeId)} already unenrolled`);
  revokeRecord(state, record, {height: step.big("height"), params: PARAMS});
  return OK;
}

function validateEnroll({state}: Script, step: Input): Output {
  const payload: Enrollment = enrollmentOf(step.object("payload"));
  const fork = state.fork();
  credit(fork, "sender", step.big("sender_balance_dust"));
  checkEnrollable({state: fork, block: {params: PARAMS, height: 0n}}, "sender", payload);
  return OK;
}

const STEPS: Readonly<Record<string, (script: Script, step: Input) => Output>> = {
  apply_enroll: (script, step) => script.insert(given(step.object("record"))),
  apply_unenroll: unenroll,
  validate_enroll_against_state: validateEnroll,
  validate_unenroll_against_state({state}, step) {
    checkUnenrollable({state, block: {params: PARAMS, height: 0n}}, step.text("sender"), step.text("node_id"));
    return OK;
  },
  accrue_bond_from_reward({state}, step) {
    credit(state, step.text("owner"), step.big("reward_dust"));
    return {withheld: `${fillBonds(state, step.text("owner"), step.big("reward_dust"))}`};
  },
  slash_stake({state}, step) {
    const terms = {amountDust: step.big("amount"), thresholdDust: 0n, height: 0n};
    const done = slashAndRevoke(state, step.text("node_id"), terms) ?? absent("SlashStake", step.text("node_id"));
    return {slashed: `${done.slashedDust}`};
  },
  revoke_if_under_bonded: revokeIfUnderBonded,
  revoke_legacy_owners: ({state}, step) => ({
    revoked: retireLegacyOwners(state, step.big("height")).map(({gpuUuid, nodeId, owner, stakeDust}) => ({
      gpu_uuid: gpuUuid,
      node_id: nodeId,
      owner,
      stake_dust: `${stakeDust}`,
    })),
  }),
  sweep({state}, step) {
    const released = sweep(state, step.big("height")).flatMap((event) => (event.type === "bond-swept" ? event : []));
    return {
      released_sorted_by_node_id: released
        .map(({nodeId, owner, stakeDust}) => ({node_id: nodeId, owner, stake_dust: `${stakeDust}`}))
        .sort((a, b) => (a.node_id < b.node_id ? -1 : 1)),
    };
  },
  mark_evidence_seen({state}, step) {
    const isNew = !state.has(evidence, step.text("hash"));
    state.put(evidence, step.text("hash"), {slashedAtHeight: 0n});
    return {newly_inserted: isNew};
  },
  gpu_uuid_bound: ({state}, step) => ({
    node_id: state.get(gpuBindings, gpuIdentity(step.text("gpu_uuid"), PARAMS))?.nodeId ?? "",
  }),
  hmac_lookup: lookup,
  list({state}, step) {
    const [cursor, phase, limit] = [step.text("cursor"), step.text("phase"), step.number("limit")];
    const page = pageOf(state, {cursor, phase, limit});
    return {...page, total_matches: `${page.total_matches}`};
  },
  stats({state}) {
    const {activeCount, bondedDust, pendingUnbondDust} = registryStats(state);
    return {
      active_count: `${activeCount}`,
      bonded_dust: `${bondedDust}`,
      pending_unbond_count: `${revokedCount(state)}`,
      pending_unbond_dust: `${pendingUnbondDust}`,
    };
  },
};

function runScript(input: Input): Output {
  const script = new Script();
  const results = input.objects("steps").map((step): Output => {
    const run = STEPS[step.text("op")];
    if (!run) throw new UnknownCase(`no step "${step.text("op")}"`);
    try {
      return run(script, step);
    } catch (error) {
      if (error instanceof QsdmError) return {error: error.message};
      throw error;
    }
  });
  return {final_records: script.final(), results};
}

export const registryScriptAdapters: Adapters = {
  "mining.enrollment: registry semantics as scripted operations": byOperation({
    script: runScript,
    snapshot_save: (input) => ({
      file_hex: hexOf(
        encodeEnrollmentSnapshot({
          records: input.objects("records").map(given),
          seenEvidence: input.texts("seen_evidence").map((text) => Buffer.from(text, "hex")),
        }),
      ),
    }),
    snapshot_load(input) {
      const {records} = readEnrollmentSnapshot(input.bytes("file_hex"), input.text("path"));
      // Records without an id are counted and then left out.
      return {loaded: records.length, records: records.filter(({nodeId}) => nodeId !== "").map(shape)};
    },
  }),
};
