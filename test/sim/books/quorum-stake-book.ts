/** What is locked for clients of quorums, counted from docs/decisions/0108-quorum-stake.md. */
import type {Genesis} from "../../../src/codecs/chain/genesis.js";
import {
  QUORUM_RELEASE_CONTRACT,
  QUORUM_STAKE_CONTRACT,
  quorumKeyOf,
  quorumRelease,
  quorumStake,
} from "../../../src/codecs/chain/quorum-stake.js";
import type {Called, Fault, Purse} from "./purse.js";

interface Behind {
  readonly owner: string;
  readonly dust: bigint;
  readonly leaving: readonly {readonly dust: bigint; readonly back: bigint}[];
}

export class QuorumStakeBook {
  readonly #keys = new Map<string, Behind>();

  constructor(
    private readonly genesis: Pick<Genesis, "params">,
    private readonly ports: {readonly purse: Purse; fault: Fault},
  ) {}

  /** Everything that is locked or on its way back. */
  get dust(): bigint {
    return [...this.#keys.values()].reduce((sum, {dust, leaving}) => sum + dust + sumOf(leaving), 0n);
  }

  /** A call of somebody who stakes; whether it is one. */
  called(call: Called): boolean {
    if (call.contract === QUORUM_STAKE_CONTRACT) this.#stake(call);
    else if (call.contract === QUORUM_RELEASE_CONTRACT) this.#release(call);
    else return false;
    return true;
  }

  #stake({sender, payload, height, applied}: Called): void {
    const {publicKey, amountDust} = quorumStake.decode(payload);
    const key = quorumKeyOf(publicKey);
    const before = this.#keys.get(key) ?? {owner: sender, dust: 0n, leaving: []};
    const {purse} = this.ports;
    const may = before.owner === sender && amountDust > 0n && purse.of(sender) >= amountDust;
    if (!this.#agrees(may, {applied, height, what: `stake on ${key.slice(0, 8)}`})) return;
    purse.move(sender, -amountDust);
    this.#keys.set(key, {...before, dust: before.dust + amountDust});
  }

  #release({sender, payload, height, applied}: Called): void {
    const {key, amountDust} = quorumRelease.decode(payload);
    const before = this.#keys.get(key);
    const may = before !== undefined && before.owner === sender && amountDust > 0n && amountDust <= before.dust;
    if (!this.#agrees(may, {applied, height, what: `release of ${key.slice(0, 8)}`})) return;
    const {blockTimeSeconds, unbondWindowSeconds} = this.genesis.params;
    const back = height + BigInt(Math.ceil(unbondWindowSeconds / blockTimeSeconds));
    const leaving = [...before!.leaving, {dust: amountDust, back}];
    this.#keys.set(key, {...before!, dust: before!.dust - amountDust, leaving});
  }

  /** What the end of a block gives back. */
  settle(height: bigint): void {
    for (const [key, {owner, dust, leaving}] of this.#keys) {
      const still = leaving.filter(({back}) => back > height);
      this.ports.purse.move(owner, sumOf(leaving) - sumOf(still));
      if (dust === 0n && still.length === 0) this.#keys.delete(key);
      else this.#keys.set(key, {owner, dust, leaving: still});
    }
  }

  lines(): string[] {
    return [...this.#keys].map(([key, {owner, dust, leaving}]) =>
      quorumStakeLine(key, {
        ...{owner, stakeDust: dust, releasingDust: sumOf(leaving)},
        returnedAtHeight: leaving.at(-1)?.back ?? 0n,
      }),
    );
  }

  /** Whether the call was applied, as it had to be. */
  #agrees(may: boolean, {applied, height, what}: {applied: boolean; height: bigint; what: string}): boolean {
    if (may !== applied) this.ports.fault("clients", `height ${height} ${applied ? "takes" : "refuses"} the ${what}`);
    return may && applied;
  }
}

const sumOf = (parts: readonly {readonly dust: bigint}[]): bigint => parts.reduce((sum, {dust}) => sum + dust, 0n);

export const quorumStakeLine = (
  key: string,
  record: {
    readonly owner: string;
    readonly stakeDust: bigint;
    readonly releasingDust: bigint;
    readonly returnedAtHeight: bigint;
  },
): string => {
  const {owner, stakeDust, releasingDust, returnedAtHeight} = record;
  return `client ${key} ${stakeDust} of ${owner}, ${releasingDust} back by ${returnedAtHeight}`;
};
