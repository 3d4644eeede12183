/**
 * The policy of a program, as `policy_manifest` of its package has it: one row for each member. Reading, writing, the flags
 * of `qsdm quorum compile` and what is printed of a policy are made of the rows. Source: quorum programs, sections 8 and 20.6.
 */
import {DecodeError} from "../../errors.js";
import {DUST_PER_CELL, formatCell, U64_MAX} from "../amount.js";
import {SHIFT_MAX_BITS} from "./ir.js";
import {members, type Value, type ValueObject} from "./json.js";
import {CUSTODIANS_MAX} from "./strict/roster.js";

/** A member of the manifest: an unsigned integer. */
export interface PolicyField {
  /** Its name there. */
  readonly member: string;
  /** Flag of `qsdm quorum compile` that sets it; commander calls its value by the field's key, or by `option`. */
  readonly flag: string;
  readonly option?: string;
  readonly help: string;
  /** Smallest and largest value; any number where it is missing. */
  readonly range?: readonly [bigint, bigint];
  /** A sum of money: the flag takes CELL. */
  readonly unit?: "dust";
  /** What a new package says where nothing is set. Without it the member is written only where it is set. */
  readonly initial?: bigint;
  /** Services of the compat profile enforce it. */
  readonly compat?: true;
  /** What it does, for whoever is to approve it. */
  says(value: bigint): string;
}

/** A year. */
const SPACING_MAX_MS = 366n * 86_400_000n;

/** In the order in which packages are written. */
export const POLICY_FIELDS = {
  /** What one evaluation takes from a budget. */
  costPerEval: {
    member: "cost_per_eval",
    flag: "--cost <n>",
    option: "cost",
    help: "what one evaluation takes from a budget",
    initial: 1n,
    compat: true,
    says: (cost) => `an evaluation costs ${cost}`,
  },
  /** What one identity may spend in all. */
  budgetPerIdentity: {
    member: "budget_per_identity",
    flag: "--budget <n>",
    option: "budget",
    help: "what each identity may spend in all",
    initial: 5n,
    compat: true,
    says: (budget) => `each identity may spend ${budget} in all`,
  },
  /** Evaluations of one identity, each minute. */
  maxEvalsPerMinute: {
    member: "max_evals_per_minute",
    flag: "--rate <n>",
    option: "rate",
    help: "evaluations per minute and identity",
    initial: 10n,
    compat: true,
    says: (rate) => `each identity has ${rate} evaluations per minute`,
  },
  /** What all identities of one organisation may spend in all. Identities of no organisation may spend nothing then. */
  budgetPerOrganisation: {
    member: "budget_per_organisation",
    flag: "--budget-per-organisation <n>",
    help: "what all identities of one organisation together may spend in all",
    range: [0n, U64_MAX],
    says: (budget) => `all identities of one organisation together may spend ${budget} in all`,
  },
  /** Organisations of the roster that approvals come from at least; one is what any custodian brings. */
  minOrganisations: {
    member: "min_organisations",
    flag: "--min-organisations <n>",
    help: "organisations that approvals come from at least",
    range: [2n, BigInt(CUSTODIANS_MAX)],
    says: (least) => `custodians of ${least} organisations have to approve it`,
  },
  /** What all identities together may spend in all. */
  budgetTotal: {
    member: "budget_total",
    flag: "--budget-total <n>",
    help: "what all identities together may spend in all",
    range: [0n, U64_MAX],
    says: (budget) => `all identities together may spend ${budget} in all`,
  },
  /** Least time between two evaluations of one identity, by the clock of each custodian. */
  minSpacingMs: {
    member: "min_spacing_ms",
    flag: "--min-spacing-ms <n>",
    help: "least time between two evaluations of one identity, in milliseconds",
    range: [1n, SPACING_MAX_MS],
    says: (ms) => `each identity has one evaluation every ${ms} ms`,
  },
  /** Low bits of every output that nobody sees: custodians set them to 0 before they open it. */
  outputRoundingBits: {
    member: "output_rounding_bits",
    flag: "--output-rounding-bits <n>",
    help: "round every output down to a multiple of 2^n before it is opened",
    range: [1n, BigInt(SHIFT_MAX_BITS)],
    says: (bits) => `every output is rounded down to a multiple of 2^${bits} = ${1n << bits}`,
  },
  /** Score of a client for patterns of its queries above which it gets no more results. */
  anomalyLimit: {
    member: "anomaly_limit",
    flag: "--anomaly-limit <n>",
    help: "compare each query with earlier ones of its client, and answer none above this score",
    range: [0n, 2n ** 32n - 1n],
    says: (limit) => `a client whose queries stood in more than ${limit} patterns gets no more results`,
  },
  /** Earlier queries of a client that a new one is compared with. */
  anomalyWindow: {
    member: "anomaly_window",
    flag: "--anomaly-window <n>",
    help: "earlier queries to compare with, where there is an --anomaly-limit: 8 unless set",
    range: [1n, 32n],
    says: (window) => `a query is compared with the last ${window} of its client`,
  },
  /** What has to be locked on the ledger behind the client's key (docs/decisions/0108-quorum-stake.md). */
  minStake: {
    member: "min_stake",
    flag: "--min-stake <cell>",
    help: "what each client must have locked on the ledger, in CELL",
    // No more than there will ever be.
    range: [1n, 100_000_000n * DUST_PER_CELL],
    unit: "dust",
    says: (dust) =>
      `each client has ${formatCell(dust)} CELL locked on the ledger; custodians without --ledger-node refuse it`,
  },
} as const satisfies Readonly<Record<string, PolicyField>>;

export type PolicyKey = keyof typeof POLICY_FIELDS;

/** What may be asked. What is absent of the fields with an initial value is decided by who enforces it. */
export type PolicyManifest = {readonly [K in PolicyKey]?: bigint};

type InitialKey = {[K in PolicyKey]: (typeof POLICY_FIELDS)[K] extends {initial: bigint} ? K : never}[PolicyKey];

/** The rows by key. */
export const policyFields = Object.entries(POLICY_FIELDS) as unknown as readonly (readonly [PolicyKey, PolicyField])[];

/** What a new package says where nothing is set. */
export const DEFAULT_POLICY = Object.fromEntries(
  policyFields.flatMap(([key, {initial}]) => (initial === undefined ? [] : [[key, initial]])),
) as {readonly [K in InitialKey]: bigint};

/** `policy` as a manifest. */
export const policyValue = (policy: PolicyManifest): ValueObject =>
  members(
    Object.fromEntries(
      policyFields.flatMap(([key, {member}]) => (policy[key] === undefined ? [] : [[member, policy[key]]])),
    ),
  );

/** Members that are no field are passed over here; `unknownMembers` lists them. @throws DecodeError PACKAGE_INVALID */
export const readPolicy = (manifest: ValueObject): PolicyManifest =>
  Object.fromEntries(
    policyFields.flatMap(([key, field]) => {
      const value = manifest.get(field.member);
      return value === undefined ? [] : [[key, read(field, value)]];
    }),
  );

function read(field: PolicyField, value: Value): bigint {
  const refuse = (want: string): never => {
    throw new DecodeError("PACKAGE_INVALID", `${field.member} is no ${want}`);
  };
  if (typeof value !== "bigint" || value < 0n) return refuse("unsigned integer");
  const [min, max] = field.range ?? [0n, value];
  return value >= min && value <= max ? value : refuse(`number from ${min} to ${max}`);
}

/** Members of a manifest that are no field of a policy. */
export function unknownMembers(manifest: ValueObject): readonly string[] {
  const known = new Set(policyFields.map(([, {member}]) => member));
  return [...manifest.keys()].filter((name) => !known.has(name));
}

/** A sentence for each field that is set. */
export const policySays = (policy: PolicyManifest): readonly string[] =>
  policyFields.flatMap(([key, field]) => (policy[key] === undefined ? [] : [field.says(policy[key])]));
