/** The validators of one epoch, and who leads which of its views. */

/** One voter of an epoch. */
export interface Voter {
  /** ML-DSA-44. */
  readonly publicKey: Uint8Array;
  readonly power: bigint;
}

/** How leaders take turns. `by-power`: in proportion to voting power; `round-robin`: the reference's, each in turn. */
export type Rotation = "by-power" | "round-robin";
/** What a quorum is; `two-thirds` is the reference's, with which two blocks can be certified where three divides the power. */
export type Quorum = "above-two-thirds" | "two-thirds";

/** Least power that is a quorum of `total`. */
export const quorumPower = (total: bigint, quorum: Quorum): bigint =>
  quorum === "above-two-thirds" ? (2n * total) / 3n + 1n : (2n * total + 2n) / 3n;

/** Whether `power` is a quorum of `total`. */
export const isQuorum = (power: bigint, total: bigint, quorum: Quorum = "above-two-thirds"): boolean =>
  power >= quorumPower(total, quorum);

const totalPower = (voters: readonly Voter[]): bigint => voters.reduce((sum, {power}) => sum + power, 0n);

export interface CommitteeRules {
  readonly rotation: Rotation;
  readonly quorum: Quorum;
}

/** Longest cycle, in turns for each validator: powers are met exactly, or to a quarter of an equal share. */
const TURNS_EACH = 4n;

export class Committee {
  readonly total: bigint;
  readonly #turns: readonly number[];

  /** @param voters in order of index, at least one */
  constructor(
    readonly epoch: bigint,
    readonly voters: readonly Voter[],
    private readonly rules: CommitteeRules,
  ) {
    this.total = totalPower(voters);
    this.#turns = rules.rotation === "by-power" ? turnsByPower(voters) : voters.map((_, i) => i);
  }

  get size(): number {
    return this.voters.length;
  }

  /** Index of the validator that proposes in `view`. */
  leader(view: bigint): number {
    return this.#turns[Number(view % BigInt(this.#turns.length))]!;
  }

  powerOf(validators: Iterable<number>): bigint {
    let sum = 0n;
    for (const each of validators) sum += this.voters[each]?.power ?? 0n;
    return sum;
  }

  isQuorum(validators: Iterable<number>): boolean {
    return isQuorum(this.powerOf(validators), this.total, this.rules.quorum);
  }

  /** Whether at least one of them is honest: more than what a quorum leaves out. */
  isHonestShare(validators: Iterable<number>): boolean {
    return this.powerOf(validators) * 3n > this.total;
  }
}

/**
 * Smooth weighted round-robin: everybody earns its power at each turn, and whoever holds most leads and pays the whole.
 * Turns of one validator are spread out, and equal powers give plain turns in order of index.
 */
function turnsByPower(voters: readonly Voter[]): number[] {
  const total = totalPower(voters);
  const held = voters.map(() => 0n);
  const turns: number[] = [];
  const whole = total / voters.reduce((divisor, {power}) => gcd(divisor, power), 0n);
  const most = TURNS_EACH * BigInt(voters.length);
  while (turns.length < (whole < most ? whole : most)) {
    let next = 0;
    voters.forEach(({power}, i) => {
      held[i] = held[i]! + power;
      if (held[i]! > held[next]!) next = i;
    });
    held[next] = held[next]! - total;
    turns.push(next);
  }
  return turns;
}

const gcd = (a: bigint, b: bigint): bigint => (b === 0n ? a : gcd(b, a % b));
