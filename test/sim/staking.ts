/**
 * Who votes changes: operators stake on their nodes' keys, add to it, leave, come back, and ask a jailed key out. Drawn
 * from the seed before the run, and kept within what the protocol bears: a cheat never has a third of the power.
 */
import type {GenesisParams} from "../../src/codecs/chain/genesis.js";
import {
  JOIN_CONTRACT,
  LEAVE_CONTRACT,
  UNJAIL_CONTRACT,
  validatorIdOf,
  validatorJoin,
  validatorLeave,
  validatorUnjail,
  votingKeyClaim,
} from "../../src/codecs/chain/validator-payloads.js";
import type {State} from "../../src/node/ledger/state/state.js";
import {stakes} from "../../src/node/ledger/state/stores.js";
import type {SimCrypto} from "./crypto.js";
import type {Plan, Timed} from "./plan.js";
import type {Random} from "./random.js";
import type {Call} from "./workload.js";

/** What an operator wants of its node; whether it can be had is for the ledger to say. */
export type Wish =
  | {readonly type: "join"; readonly units: bigint}
  | {readonly type: "leave"}
  /** Out of jail: first the stake that a slash has taken, then the question. */
  | {readonly type: "return"};

export interface TimedWish {
  readonly atMs: number;
  readonly node: number;
  readonly wish: Wish;
}

export interface StakingPlan {
  /** Nodes that follow from the start, behind those of genesis. */
  readonly candidates: number;
  readonly epochBlocks: bigint;
  readonly unbondSeconds: number;
  readonly wishes: readonly TimedWish[];
  /** What happens to candidates. */
  readonly episodes: readonly Timed[];
}

const EPOCH_BLOCKS = [1n, 2n, 4n] as const;
/** Nobody's wish: epochs end only where somebody was caught. */
export const NOBODY_STAKES: StakingPlan = {candidates: 0, epochBlocks: 8n, unbondSeconds: 60, wishes: [], episodes: []};
/** Share of the seeds in which epochs are short and people come and go. */
const SHARE = 0.4;

export function stakingOf(random: Random, {nodes, byzantine, healMs}: Pick<Plan, "nodes" | "byzantine" | "healMs">) {
  if (!random.chance(SHARE)) return NOBODY_STAKES;
  const candidates = random.between(1, 2);
  const epochBlocks = random.pick(EPOCH_BLOCKS);
  const wishes: TimedWish[] = [];
  const at = (low = 500): number => random.between(Math.min(low, healMs - 1), healMs);
  const wants = (node: number, atMs: number, wish: Wish): void => void wishes.push({atMs, node, wish});
  const comesAndGoes = (node: number): void => {
    const leftMs = at();
    wants(node, leftMs, {type: "leave"});
    for (let i = random.between(0, 2); i > 0; i--) wants(node, at(leftMs), joins(random));
  };
  for (let node = 0; node < nodes; node++) {
    if (byzantine.has(node)) {
      for (let i = random.between(1, 4); i > 0; i--) wants(node, at(healMs / 2), {type: "return"});
      if (random.chance(0.3)) wants(node, at(), {type: "leave"});
      // Who is in jail asks again and again.
      for (let atMs = healMs / 2; atMs < healMs; atMs += healMs / 20) wants(node, atMs, {type: "return"});
      continue;
    }
    if (random.chance(0.2)) wants(node, at(), joins(random));
    // Where somebody cheats, three honest validators stay.
    if (byzantine.size === 0 && random.chance(0.4)) comesAndGoes(node);
  }
  const episodes: Timed[] = [];
  for (let node = nodes; node < nodes + candidates; node++) {
    const joinedMs = random.between(300, healMs / 2);
    wants(node, joinedMs, joins(random));
    if (random.chance(0.5)) comesAndGoes(node);
    if (random.chance(0.5))
      episodes.push({atMs: at(), forMs: random.between(200, 3_000), episode: {type: "crash", nodes: [node]}});
  }
  const unbondSeconds = Number(epochBlocks) * random.between(2, 4);
  return {candidates, epochBlocks, unbondSeconds, wishes: wishes.sort((a, b) => a.atMs - b.atMs), episodes};
}

const joins = (random: Random): Wish => ({type: "join", units: BigInt(random.between(1, 2))});

export interface StakingGround {
  readonly state: State;
  readonly height: bigint;
  readonly chainId: string;
  readonly params: Pick<GenesisParams, "validatorStakeDust">;
  readonly crypto: SimCrypto;
}

/** The call that a wish comes to on `state`, or null where there is nothing to ask for yet. */
export function callOf(wish: Wish, {node, owner}: {node: number; owner: string}, ground: StakingGround): Call | null {
  const {state, height, chainId, params, crypto} = ground;
  const {publicKey, secretKey} = crypto.votes.keygen(`validator ${node}`);
  const validator = validatorIdOf(publicKey);
  const join = (amountDust: bigint): Call => {
    const possession = crypto.votes.sign(secretKey, votingKeyClaim(chainId, owner, publicKey));
    return {contract: JOIN_CONTRACT, payload: validatorJoin.encode({publicKey, amountDust, possession})};
  };
  switch (wish.type) {
    case "join":
      return join(wish.units * params.validatorStakeDust);
    case "leave":
      return {contract: LEAVE_CONTRACT, payload: validatorLeave.encode({validator})};
    case "return": {
      const stake = state.get(stakes, validator);
      if (!stake || stake.jailedUntilHeight === 0n) return null;
      const missing = params.validatorStakeDust - stake.stakeDust;
      if (missing > 0n) return join(missing);
      if (height < stake.jailedUntilHeight) return null;
      return {contract: UNJAIL_CONTRACT, payload: validatorUnjail.encode({validator})};
    }
  }
}
