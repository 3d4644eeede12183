/** Stakes and voters, counted from docs/decisions/0066 to 0068: who stakes, leaves, is punished, comes back, is elected. */
import type {Genesis} from "../../../src/codecs/chain/genesis.js";
import {
  JOIN_CONTRACT,
  LEAVE_CONTRACT,
  UNJAIL_CONTRACT,
  validatorIdOf,
  validatorJoin,
  validatorLeave,
  validatorUnjail,
} from "../../../src/codecs/chain/validator-payloads.js";
import type {EquivocationProof} from "../../../src/codecs/consensus/equivocation.js";
import type {Called, Fault, Purse} from "./purse.js";

interface Stake {
  readonly owner: string;
  readonly dust: bigint;
  readonly jailedUntil: bigint;
  readonly matures: bigint;
  /** Time of a block before which it does not return, either. */
  readonly notBeforeMs: bigint;
}

/** A voter of an epoch. */
export interface Seat {
  readonly id: string;
  readonly power: bigint;
  readonly account: string;
}

export interface StakeBookPorts {
  readonly purse: Purse;
  isCheat(validator: string): boolean;
  fault: Fault;
}

export class StakeBook {
  /** Of the block that is entered. */
  timeMs = 0n;
  readonly #stakes = new Map<string, Stake>();
  /** Offences that were punished. */
  readonly #punished = new Set<string>();
  readonly #unit: bigint;
  #seats: readonly Seat[];
  #epoch = 0n;

  constructor(
    private readonly genesis: Genesis,
    private readonly ports: StakeBookPorts,
  ) {
    this.#unit = genesis.params.validatorStakeDust;
    this.#seats = genesis.validators.map(({publicKey, ...seat}) => ({...seat, id: validatorIdOf(publicKey)}));
    for (const {id, power, account} of this.#seats)
      this.#stakes.set(id, {owner: account, dust: power * this.#unit, jailedUntil: 0n, matures: 0n, notBeforeMs: 0n});
  }

  get seats(): readonly Seat[] {
    return this.#seats;
  }

  /** Stakes of those who vote and neither leave nor sit in jail, in order of id: who is paid where stake is. */
  staying(): readonly Pick<Stake, "owner" | "dust">[] {
    const voting = new Set(this.#seats.map(({id}) => id));
    return this.#candidates()
      .filter(({id}) => voting.has(id))
      .sort((a, b) => (a.id < b.id ? -1 : 1))
      .map(({stake}) => stake);
  }

  /** All stakes together. */
  get dust(): bigint {
    return [...this.#stakes.values()].reduce((sum, {dust}) => sum + dust, 0n);
  }

  /** A call of somebody who stakes; whether it is one. */
  called(call: Called): boolean {
    switch (call.contract) {
      case JOIN_CONTRACT:
        this.#join(call);
        return true;
      case LEAVE_CONTRACT:
        this.#leave(call);
        return true;
      case UNJAIL_CONTRACT:
        this.#unjail(call);
        return true;
      default:
        return false;
    }
  }

  #join({sender, payload, height, applied}: Called): void {
    const {publicKey, amountDust} = validatorJoin.decode(payload);
    const id = validatorIdOf(publicKey);
    const before = this.#stakes.get(id) ?? {owner: sender, dust: 0n, jailedUntil: 0n, matures: 0n, notBeforeMs: 0n};
    const dust = before.dust + amountDust;
    const {purse} = this.ports;
    const may =
      before.owner === sender && before.matures === 0n && dust >= this.#unit && purse.of(sender) >= amountDust;
    if (!this.#agrees(may, {applied, height, what: `join of ${id.slice(0, 8)}`})) return;
    purse.move(sender, -amountDust);
    this.#stakes.set(id, {...before, dust});
  }

  #leave({sender, payload, height, applied}: Called): void {
    const {validator} = validatorLeave.decode(payload);
    const stake = this.#stakes.get(validator);
    const others = this.#candidates().filter(({id}) => id !== validator);
    const may =
      stake !== undefined &&
      stake.owner === sender &&
      stake.matures === 0n &&
      (others.length > 0 || !this.#isCandidate(stake));
    if (!this.#agrees(may, {applied, height, what: `leave of ${validator.slice(0, 8)}`})) return;
    const {blockTimeSeconds, validatorUnbondSeconds} = this.genesis.params;
    const matures = height + BigInt(Math.ceil(validatorUnbondSeconds / blockTimeSeconds));
    const notBeforeMs = this.timeMs + BigInt(validatorUnbondSeconds) * 1_000n;
    this.#stakes.set(validator, {...stake!, matures, notBeforeMs});
  }

  #unjail({sender, payload, height, applied}: Called): void {
    const {validator} = validatorUnjail.decode(payload);
    const stake = this.#stakes.get(validator);
    const may =
      stake !== undefined &&
      stake.owner === sender &&
      stake.matures === 0n &&
      stake.jailedUntil > 0n &&
      stake.jailedUntil <= height &&
      stake.dust >= this.#unit;
    if (!this.#agrees(may, {applied, height, what: `unjail of ${validator.slice(0, 8)}`})) return;
    this.#stakes.set(validator, {...stake!, jailedUntil: 0n});
  }

  /** 7.5 % of the stake burns, and ten epochs of jail begin; for each offence once, and for nobody honest. */
  equivocated({kind, epoch, view, publicKey}: EquivocationProof, height: bigint): void {
    const id = validatorIdOf(publicKey);
    const who = id.slice(0, 8);
    const stake = this.#stakes.get(id);
    const offence = `${id}/${kind}/${epoch}/${view}`;
    const {fault, isCheat, purse} = this.ports;
    if (!isCheat(id)) fault("slashing", `height ${height} punishes ${who}, which is honest`);
    if (this.#punished.has(offence))
      fault("slashing", `height ${height} punishes the ${kind}s of ${who} in view ${epoch}/${view} a second time`);
    if (!stake) return fault("slashing", `height ${height} punishes ${who}, which has no stake`);
    this.#punished.add(offence);
    const burned = (stake.dust * 75n) / 1_000n;
    const until = height + 10n * this.genesis.params.validatorEpochBlocks;
    const jailedUntil = until > stake.jailedUntil ? until : stake.jailedUntil;
    this.#stakes.set(id, {...stake, dust: stake.dust - burned, jailedUntil});
    purse.burnedDust += burned;
  }

  /** What the end of a block does: stakes return, except of those who vote, and at the end of an epoch there is a vote. */
  settle(height: bigint): void {
    const voting = new Set(this.#seats.map(({id}) => id));
    for (const [id, {owner, dust, matures, notBeforeMs}] of this.#stakes) {
      if (matures === 0n || matures > height || notBeforeMs > this.timeMs || voting.has(id)) continue;
      this.#stakes.delete(id);
      this.ports.purse.move(owner, dust);
    }
    if (height % this.genesis.params.validatorEpochBlocks !== 0n) return;
    const elected = this.#elected();
    if (elected.length === 0 || linesOfSeats(elected).join() === linesOfSeats(this.#seats).join()) return;
    this.#seats = elected;
    this.#epoch++;
  }

  lines(): string[] {
    const stakes = [...this.#stakes].map(([id, {owner, dust, jailedUntil, matures}]) =>
      stakeLine(id, {owner, stakeDust: dust, jailedUntilHeight: jailedUntil, maturesAtHeight: matures}),
    );
    return [...stakes, ...linesOfSeats(this.#seats), epochLine(this.#epoch)];
  }

  #elected(): readonly Seat[] {
    const place = new Map(this.#seats.map(({id}, i) => [id, i]));
    const richest = this.#candidates().sort((a, b) => Number(b.stake.dust - a.stake.dust) || (a.id < b.id ? -1 : 1));
    return richest
      .slice(0, this.genesis.params.validatorsMax)
      .sort((a, b) => (place.get(a.id) ?? 1_000) - (place.get(b.id) ?? 1_000) || (a.id < b.id ? -1 : 1))
      .map(({id, stake}) => ({id, power: stake.dust / this.#unit, account: stake.owner}));
  }

  #candidates(): {readonly id: string; readonly stake: Stake}[] {
    return [...this.#stakes].filter(([, stake]) => this.#isCandidate(stake)).map(([id, stake]) => ({id, stake}));
  }

  #isCandidate({dust, jailedUntil, matures}: Stake): boolean {
    return jailedUntil === 0n && matures === 0n && dust >= this.#unit;
  }

  /** Whether the call was applied, as it had to be. */
  #agrees(may: boolean, {applied, height, what}: {applied: boolean; height: bigint; what: string}): boolean {
    if (may !== applied) this.ports.fault("stakes", `height ${height} ${applied ? "takes" : "refuses"} the ${what}`);
    return may && applied;
  }
}

export const stakeLine = (
  id: string,
  stake: {
    readonly owner: string;
    readonly stakeDust: bigint;
    readonly jailedUntilHeight: bigint;
    readonly maturesAtHeight: bigint;
  },
): string => {
  const {owner, stakeDust, jailedUntilHeight, maturesAtHeight} = stake;
  return `stake ${id} ${stakeDust} of ${owner}, in jail to ${jailedUntilHeight}, back at ${maturesAtHeight}`;
};

export const linesOfSeats = (seats: readonly Seat[]): string[] =>
  seats.map(({id, power, account}, i) => `voter ${i} ${id} ${power} ${account}`);

export const epochLine = (epoch: bigint): string => `voter epoch ${epoch}`;
