/** `enrollment_registry.json` and `enrollment_apply.json`: registry and enrollment rules under compatible rules. */
import {isAddress} from "../../../src/codecs/address.js";
import {hexOf, textOf} from "../../../src/codecs/bytes.js";
import {
  DEFERRED_BOND_BITS,
  deferredBondDigest,
  deferredBondPrefix,
  ENROLL_V1_CONTRACT,
  type Enrollment,
  enrollment,
  hasLeadingZeroBits,
  peekEnrollmentKind,
  unenrollment,
} from "../../../src/codecs/enrollment.js";
import {readBase64} from "../../../src/codecs/go/base64.js";
import {QsdmError} from "../../../src/errors.js";
import type {Effect} from "../../../src/node/ledger/chain/contract.js";
import {reasonOf} from "../../../src/node/ledger/chain/events.js";
import {fillBonds} from "../../../src/node/ledger/enrollment/accrue.js";
import {
  applyEnrollment,
  applyUnenrollment,
  checkedEnrollment,
  checkNamesFree,
} from "../../../src/node/ledger/enrollment/apply.js";
import type {EnrollmentRecord, Phase} from "../../../src/node/ledger/enrollment/record.js";
import {
  insertRecord,
  listRecords,
  putRecord,
  registryStats,
  revokeRecord,
  sweep,
} from "../../../src/node/ledger/enrollment/registry.js";
import {checkedUnenrollment} from "../../../src/node/ledger/enrollment/unenroll.js";
import {credit} from "../../../src/node/ledger/monetary/supply.js";
import {isUnderBonded} from "../../../src/node/ledger/slashing/punish.js";
import {State} from "../../../src/node/ledger/state/state.js";
import {enrollments} from "../../../src/node/ledger/state/stores.js";
import {type Adapters, byKind, type Input, type Output, refusalOf, UnknownCase} from "../case.js";
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

const CHAIN = ancestorParams();
const BOND_DUST = 1_000_000_000n;
/** The height from which the reference ends records whose owner is no address, stamped with it whenever it happens. */
const SUNSET_HEIGHT = 171_500n;

/** Ends the active records of owners that are no addresses. Our own chains never have any: the codec refuses them. */
export function retireLegacyOwners(state: State, height: bigint): readonly EnrollmentRecord[] {
  if (height < SUNSET_HEIGHT) return [];
  const {records} = listRecords(state, {phase: "active", cursor: null, limit: 500});
  return records
    .filter(({owner}) => !isAddress(owner))
    .map((record) => revokeRecord(state, record, {height: SUNSET_HEIGHT, params: CHAIN}));
}

/** Takes stake and revokes what is left under-bonded, as the slash contract does; null without such a record. */
export function slashAndRevoke(
  state: State,
  nodeId: string,
  {amountDust, thresholdDust, height}: {amountDust: bigint; thresholdDust: bigint; height: bigint},
): {slashedDust: bigint; revoked: boolean; remainingDust: bigint} | null {
  const record = state.get(enrollments, nodeId);
  if (!record) return null;
  const slashedDust = amountDust < record.stakeDust ? amountDust : record.stakeDust;
  const left = {...record, stakeDust: record.stakeDust - slashedDust};
  putRecord(state, left);
  const revoked = left.revokedAtHeight === null && isUnderBonded(left, thresholdDust, CHAIN.rules);
  if (revoked) revokeRecord(state, left, {height, params: CHAIN});
  return {slashedDust, revoked, remainingDust: left.stakeDust};
}

/** Where the recorder gave up walking. */
const PAGES_RECORDED = 40;

function listPages(input: Input): Output {
  const state = new State().fork();
  for (const each of input.objects("records")) {
    const nodeId = each.text("node_id");
    const phase = each.text("phase");
    const stakeDust = phase === "revoked" ? 0n : BOND_DUST;
    const record = newRecord({nodeId, gpuUuid: `GPU-${nodeId}`, owner: "alice", stakeDust});
    insertRecord(state, record, CHAIN);
    if (phase !== "active") revokeRecord(state, record, {height: 2n, params: CHAIN});
  }
  const pages: Output[] = [];
  for (let cursor: string | null = input.text("start_cursor"); cursor !== null && pages.length < PAGES_RECORDED; ) {
    const page = pageOf(state, {cursor, phase: input.text("phase"), limit: input.number("limit")});
    pages.push({cursor, ...page});
    cursor = page.has_more ? page.next_cursor : null;
  }
  return {pages};
}

/** One page as the reference answers it; a phase that does not exist matches nothing. */
export function pageOf(state: State, {cursor, phase, limit}: {cursor: string; phase: string; limit: number}) {
  const query = {cursor: cursor === "" ? null : cursor, phase: phase === "" ? null : (phase as Phase), limit};
  const {records, nextCursor, total} = listRecords(state, query);
  return {
    has_more: nextCursor !== null,
    next_cursor: nextCursor ?? "",
    node_ids: records.map(({nodeId}) => nodeId),
    total_matches: total,
  };
}

/** Steps of a record's life; what each answered is in the input already, so the end is what counts. */
const LIFE: Readonly<Record<string, (state: State, op: Input, height: bigint) => void>> = {
  enroll(state, op, enrolledAtHeight) {
    const bondMode = op.text("bond_mode") === "mining_rewards" ? "mining_rewards" : "upfront";
    const stakeDust = bondMode === "upfront" ? BOND_DUST : 0n;
    const names = {nodeId: op.text("node_id"), gpuUuid: op.text("gpu_uuid")};
    if (refusalOf(() => checkNamesFree(state, CHAIN, names)) !== null) return;
    insertRecord(state, newRecord({...names, owner: op.text("owner"), bondMode, stakeDust, enrolledAtHeight}), CHAIN);
  },
  unenroll(state, op, height) {
    const record = state.get(enrollments, op.text("node_id"));
    if (record?.revokedAtHeight === null) revokeRecord(state, record, {height, params: CHAIN});
  },
  slash_then_revoke_if_under_bonded(state, op, height) {
    const thresholdDust = op.big("min_stake_dust");
    slashAndRevoke(state, op.text("node_id"), {amountDust: op.big("amount_dust"), thresholdDust, height});
  },
  accrue_bond(state, op) {
    credit(state, op.text("owner"), op.big("reward_dust"));
    fillBonds(state, op.text("owner"), op.big("reward_dust"));
  },
  sweep: (state, _op, height) => void sweep(state, height),
  revoke_legacy_owners: (state, _op, height) => void retireLegacyOwners(state, height),
};

/** What the reference counts as pending: revoked records, also those with nothing left, which our gauge leaves out. */
export const revokedCount = (state: State): number =>
  (["pending_unbond", "revoked"] as const)
    .map((phase) => listRecords(state, {phase, cursor: null, limit: 1}).total)
    .reduce((a, b) => a + b);

function lifecycle(input: Input): Output {
  const state = new State().fork();
  for (const op of input.objects("ops")) {
    const step = LIFE[op.text("op")];
    if (!step) throw new UnknownCase(`no step "${op.text("op")}"`);
    step(state, op, op.big("height"));
  }
  const {activeCount, bondedDust, pendingUnbondDust} = registryStats(state);
  return {
    active_count: activeCount,
    bonded_dust: `${bondedDust}`,
    pending_unbond_count: revokedCount(state),
    pending_unbond_dust: `${pendingUnbondDust}`,
    records: recordShapes(state),
  };
}

/** From here on the reference takes no unsigned enrollment. */
const SIGNED_FROM_HEIGHT = 200_000n;

interface Done {
  readonly kind: "enroll" | "unenroll";
  readonly nodeId: string;
  readonly stakeDust: bigint;
  readonly reason: string;
}

/** Runs `change` and then the fee, on a fork that stays when both go through. */
function attempt(state: State, tx: AncestorTransaction, change: (fork: State) => Effect, feeReason: string): string {
  const fork = state.fork();
  try {
    change(fork);
  } catch (error) {
    if (!(error instanceof QsdmError)) throw error;
    return reasonOf(error.code);
  }
  if (tx.fee < 0 || !charge(fork, tx)) return feeReason;
  fork.merge();
  return "";
}

/** One unsigned transaction of old, which our chains never take, through the rules that v2 and v3 run. */
function applyOne(state: State, tx: AncestorTransaction, height: bigint): Done {
  const refused = (reason: string, kind: Done["kind"] = "enroll"): Done => ({kind, nodeId: "", stakeDust: 0n, reason});
  if (tx.contractId !== ENROLL_V1_CONTRACT) return refused("wrong_contract");
  if (height >= SIGNED_FROM_HEIGHT) return refused("signature_invalid");
  if (refusalOf(() => peekEnrollmentKind(tx.payload)) !== null) return refused("decode_failed");
  const kind = peekEnrollmentKind(tx.payload);
  const block = {params: CHAIN, height};
  if (kind === "unenroll") {
    if (refusalOf(() => unenrollment.readCompat(tx.payload)) !== null) return refused("decode_failed", "unenroll");
    const {nodeId} = unenrollment.readCompat(tx.payload);
    const change = (fork: State) =>
      applyUnenrollment(
        callOf(fork, block, tx),
        checkedUnenrollment(() => unenrollment.readCompat(tx.payload), tx.sender),
      );
    // Owner and stake of an unenrollment are left out of its event, there.
    return {kind, nodeId, stakeDust: 0n, reason: attempt(state, tx, change, "fee_invalid")};
  }
  if (kind !== "enroll" || refusalOf(() => enrollment.readCompat(tx.payload)) !== null) return refused("decode_failed");
  const {nodeId, stakeDust} = enrollment.readCompat(tx.payload);
  const change = (fork: State) =>
    applyEnrollment(
      callOf(fork, block, tx),
      checkedEnrollment(() => enrollment.readCompat(tx.payload), tx.sender, CHAIN),
      null,
    );
  // A wrong nonce is reported as a balance too low (D23).
  return {kind, nodeId, stakeDust, reason: attempt(state, tx, change, "insufficient_balance")};
}

function applyScript(input: Input): Output {
  const state = stateWith(input.object("genesis"));
  const events = input.objects("ops").flatMap((op): readonly Output[] => {
    const at = op.big("height");
    const height = op.number("height");
    if (op.text("op") === "sweep") return sweepEvents(state, at, height);
    const tx = ancestorTransaction(op.object("tx"));
    const {kind, nodeId, stakeDust, reason} = applyOne(state, tx, at);
    const applied = reason === "";
    return [
      {
        height,
        kind: `${kind}-${applied ? "applied" : "rejected"}`,
        node_id: nodeId,
        owner: applied && kind === "enroll" ? tx.sender : "",
        reject_reason: reason,
        sender: tx.sender,
        stake_dust: applied ? `${stakeDust}` : "0",
      },
    ];
  });
  return {accounts: accountShapes(state), events, records: recordShapes(state)};
}

function sweepEvents(state: State, at: bigint, height: number): readonly Output[] {
  const retired = retireLegacyOwners(state, at).map(({nodeId, owner, stakeDust}) => ({
    kind: "legacy-owner-sunset",
    height: Number(SUNSET_HEIGHT),
    node_id: nodeId,
    owner,
    sender: "protocol/legacy-owner-sunset",
    stake_dust: `${stakeDust}`,
  }));
  const swept = sweep(state, at).flatMap((event) =>
    event.type === "bond-swept"
      ? [{kind: "sweep", node_id: event.nodeId, owner: event.owner, sender: "", stake_dust: `${event.stakeDust}`}]
      : [],
  );
  const inOrder = swept.sort((a, b) => (a.node_id < b.node_id ? -1 : 1));
  return [...retired, ...inOrder].map((event) => ({height, ...event, reject_reason: ""}));
}

/** The search a miner runs for the work in place of a bond. */
function deferredWork(input: Input): Output {
  const given = input.object("payload_without_nonce");
  const payload: Enrollment = {
    kind: "enroll",
    nodeId: given.text("node_id"),
    gpuUuid: given.text("gpu_uuid"),
    hmacKey: readBase64(given.text("hmac_key_b64")),
    stakeDust: 0n,
    bondMode: "mining_rewards",
    workNonce: 0n,
    memo: "",
  };
  const prefix = deferredBondPrefix(payload);
  const bits = input.number("difficulty_bits");
  let workNonce = 0n;
  while (!hasLeadingZeroBits(deferredBondDigest(prefix, workNonce), bits)) workNonce++;
  const digest = deferredBondDigest(prefix, workNonce);
  return {
    digest: hexOf(digest),
    digest_at_nonce_0: hexOf(deferredBondDigest(prefix, 0n)),
    encoded_payload_utf8: textOf(enrollment.encode({...payload, workNonce})),
    smallest_nonce: `${workNonce}`,
    valid: hasLeadingZeroBits(digest, DEFERRED_BOND_BITS),
  };
}

export const enrollmentApplyAdapters: Adapters = {
  "enrollment registry: cursor pagination and lifecycle (bond, unbond, slash, sweep, sunset)": byKind({
    list: listPages,
    lifecycle,
  }),
  "EnrollmentApplier: apply/reject/sweep with events, deferred-bond work": byKind({
    enrollment_apply: applyScript,
    deferred_bond_work: deferredWork,
  }),
};
