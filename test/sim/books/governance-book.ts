/** Authorities, votes and what they changed, counted from docs/decisions/0073 and 0074. */
import type {Genesis} from "../../../src/codecs/chain/genesis.js";
import {type Change, decodeChange} from "../../../src/codecs/governance/change.js";
import {
  AUTO_REVOKE_MIN_STAKE,
  BASE_FEE,
  BASE_FEE_CHANGE_DENOMINATOR,
  BLOCK_GAS_TARGET_BPS,
  FEE_BURN_BPS,
  MAX_BLOCK_GAS,
  MAX_BLOCK_RECORDS,
  REWARD_BPS,
  TENSOR_FORK_HEIGHT,
} from "../../../src/codecs/governance/parameters.js";
import {
  AUTHORITY_SET,
  GOVERNANCE_CONTRACT,
  PARAM_SET,
  SUBMESH_RETIRE,
} from "../../../src/codecs/governance/payloads.js";
import type {Called, Fault} from "./purse.js";

/** What authorities vote on; nobody in a simulation votes on submeshes. */
type AuthoritiesChange = Exclude<Change, {kind: typeof SUBMESH_RETIRE}>;

interface Vote {
  readonly change: AuthoritiesChange;
  readonly effective: bigint;
  readonly proposer: string;
  readonly voters: Set<string>;
  /** Null while it lacks votes. */
  staged: bigint | null;
}

const AUTHORITIES_MAX = 64;
const OWN_PROPOSALS_MAX = 16;
const FURTHEST = 86_400n;

export class GovernanceBook {
  readonly #values: Map<string, bigint>;
  readonly #authorities: Set<string>;
  #votes = new Map<string, Vote>();

  constructor(
    {params, authorities}: Genesis,
    private readonly fault: Fault,
  ) {
    this.#values = new Map([
      [REWARD_BPS, BigInt(params.slashRewardBps)],
      [AUTO_REVOKE_MIN_STAKE, params.autoRevokeMinStakeDust],
      [TENSOR_FORK_HEIGHT, params.forkTensorHeight],
      [BASE_FEE, params.baseFeeDust],
      [BASE_FEE_CHANGE_DENOMINATOR, BigInt(params.baseFeeChangeDenominator)],
      [BLOCK_GAS_TARGET_BPS, BigInt(params.blockGasTargetBps)],
      [FEE_BURN_BPS, BigInt(params.feeBurnBps)],
      [MAX_BLOCK_GAS, params.maxBlockGas],
      [MAX_BLOCK_RECORDS, params.maxBlockRecords],
    ]);
    this.#authorities = new Set(authorities);
  }

  /** What holds in the block that is being entered. */
  value(param: string): bigint {
    return this.#values.get(param)!;
  }

  /** A vote; whether the call is one. */
  called({sender, contract, payload, height, applied}: Called): boolean {
    if (contract !== GOVERNANCE_CONTRACT) return false;
    const {change, effectiveHeight: effective} = decodeChange(payload);
    if (change.kind === SUBMESH_RETIRE) {
      this.fault("governance", `height ${height} holds a vote on submesh ${change.submesh}, which nobody sent`);
      return true;
    }
    const name = [effective, ...Object.values(change)].join("/");
    const known = this.#votes.get(name);
    const own = [...this.#votes.values()].filter(({proposer}) => proposer === sender).length;
    const may =
      this.#authorities.has(sender) &&
      effective > height &&
      effective <= height + FURTHEST &&
      this.#isPossible(change) &&
      (known ? known.staged === null && !known.voters.has(sender) : own < OWN_PROPOSALS_MAX);
    if (may !== applied)
      this.fault("governance", `height ${height} ${applied ? "takes" : "refuses"} a vote of ${sender} for ${name}`);
    if (!may || !applied) return true;
    const vote = known ?? {change, effective, proposer: sender, voters: new Set(), staged: null};
    vote.voters.add(sender);
    this.#votes.set(name, vote);
    this.#stage(name, vote, height);
    return true;
  }

  #isPossible(change: AuthoritiesChange): boolean {
    if (change.kind === PARAM_SET) return true;
    const is = this.#authorities.has(change.address);
    const count = this.#authorities.size;
    return change.op === "add" ? !is && count < AUTHORITIES_MAX : is && count > 1;
  }

  /** Where it has more than half of the authorities: of two for one parameter, the later one counts. */
  #stage(name: string, vote: Vote, height: bigint): void {
    if (2 * vote.voters.size <= this.#authorities.size) return;
    const {change} = vote;
    for (const [other, {staged, change: theirs}] of this.#votes) {
      const rival = change.kind === PARAM_SET && theirs.kind === PARAM_SET && theirs.param === change.param;
      if (rival && staged !== null && other !== name) this.#votes.delete(other);
    }
    vote.staged = height;
  }

  /** The end of a block: what is to hold in the next one happens. @returns how many changes did */
  settle(height: bigint): number {
    let changes = 0;
    for (const [name, {effective}] of this.#inOrder()) {
      if (effective > height + 1n) break;
      const due = this.#votes.get(name);
      this.#votes.delete(name);
      if (!due || due.staged === null || !this.#isPossible(due.change)) continue;
      this.#enact(due.change, height);
      changes++;
    }
    return changes;
  }

  /** By height, authorities first, then by name. */
  #inOrder(): [string, Vote][] {
    const key = ({effective, change}: Vote): string =>
      [effective.toString().padStart(20, "0"), ...Object.values(change)].join("/");
    return [...this.#votes].sort(([, a], [, b]) => (key(a) < key(b) ? -1 : 1));
  }

  #enact(change: AuthoritiesChange, height: bigint): void {
    if (change.kind === PARAM_SET) return void this.#values.set(change.param, change.value);
    if (change.op === "add") return void this.#authorities.add(change.address);
    this.#authorities.delete(change.address);
    for (const [name, vote] of this.#inOrder()) {
      if (vote.staged !== null || !this.#votes.has(name)) continue;
      vote.voters.delete(change.address);
      if (vote.voters.size === 0) this.#votes.delete(name);
      else this.#stage(name, vote, height);
    }
  }

  lines(): string[] {
    return [
      ...[...this.#values].map(([param, value]) => paramLine(param, value)),
      ...[...this.#authorities].map(authorityLine),
      ...[...this.#votes].map(([, {change, effective, voters, staged}]) =>
        proposalLine({change, effectiveHeight: effective, voters: [...voters], stagedAtHeight: staged ?? 0n}),
      ),
    ];
  }
}

export const paramLine = (param: string, value: bigint): string => `param ${param} ${value}`;
export const authorityLine = (address: string): string => `authority ${address}`;
export const proposalLine = (of: {
  readonly change: Change;
  readonly effectiveHeight: bigint;
  readonly voters: readonly string[];
  readonly stagedAtHeight: bigint;
}): string => {
  const {change, effectiveHeight, voters, stagedAtHeight} = of;
  const what = whatOf(change);
  return `proposal ${what} at ${effectiveHeight} by ${[...voters].sort().join(" ")}, staged at ${stagedAtHeight}`;
};

function whatOf(change: Change): string {
  if (change.kind === AUTHORITY_SET) return `${change.op} ${change.address}`;
  return change.kind === PARAM_SET ? `${change.param} ${change.value}` : `retire ${change.submesh}`;
}
