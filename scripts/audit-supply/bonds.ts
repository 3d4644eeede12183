/** Bonds of miners, as receipts tell what became of them. */
import type {Genesis} from "../../src/codecs/chain/genesis.js";
import {strictEnrollment} from "../../src/codecs/chain/payloads.js";
import type {SlashOutcome} from "../../src/codecs/chain/receipt.js";
import {enrollment, unenrollment} from "../../src/codecs/enrollment.js";
import type {Called, Purse} from "../../test/sim/books/purse.js";
import {fault} from "./fault.js";

interface Bond {
  readonly owner: string;
  readonly dust: bigint;
  /** Whether rewards fill it. */
  readonly fills: boolean;
  /** Height at which it returns; null while it mines. */
  readonly back: bigint | null;
}

export class Bonds {
  readonly #bonds = new Map<string, Bond>();

  constructor(
    private readonly genesis: Genesis,
    private readonly purse: Purse,
  ) {}

  get dust(): bigint {
    return [...this.#bonds.values()].reduce((sum, {dust}) => sum + dust, 0n);
  }

  enroll({sender, payload, height}: Called): void {
    const {nodeId, stakeDust, bondMode} = enrollment.decode(strictEnrollment.decode(payload).payload);
    if (this.#bonds.has(nodeId)) fault(height, `${nodeId} has a bond already`);
    this.purse.move(sender, -stakeDust);
    this.#bonds.set(nodeId, {owner: sender, dust: stakeDust, fills: bondMode === "mining_rewards", back: null});
  }

  unenroll({payload, height}: Called): void {
    const {nodeId} = unenrollment.decode(payload);
    this.#end(nodeId, height);
  }

  slash({sender, height}: Called, {nodeId, slashedDust, rewardedDust, burnedDust, ...rest}: SlashOutcome): void {
    const bond = this.#at(nodeId, height);
    const dust = bond.dust - slashedDust;
    if (dust < 0n || dust !== rest.remainingDust) fault(height, `${nodeId} loses ${slashedDust} of ${bond.dust} dust`);
    if (rewardedDust + burnedDust !== slashedDust) fault(height, `the slash of ${nodeId} does not add up`);
    this.purse.move(sender, rewardedDust);
    this.purse.burnedDust += burnedDust;
    this.#bonds.set(nodeId, {...bond, dust});
    if (rest.autoRevoked) this.#end(nodeId, height);
  }

  /** Moves a reward into the bonds of its owner that lack something, in order of node id. */
  fill(owner: string, rewardDust: bigint): void {
    let leftDust = rewardDust;
    const filling = [...this.#bonds].filter(([, {owner: of, fills, back}]) => of === owner && fills && back === null);
    for (const [nodeId, bond] of filling.sort(([a], [b]) => (a < b ? -1 : 1))) {
      const missingDust = this.genesis.params.bondDust - bond.dust;
      const dust = missingDust < leftDust ? missingDust : leftDust;
      if (dust <= 0n) continue;
      this.#bonds.set(nodeId, {...bond, dust: bond.dust + dust});
      leftDust -= dust;
    }
    this.purse.move(owner, leftDust - rewardDust);
  }

  settle(height: bigint): void {
    for (const [nodeId, {owner, dust, back}] of this.#bonds) {
      if (back === null || back > height) continue;
      this.#bonds.delete(nodeId);
      this.purse.move(owner, dust);
    }
  }

  #at(nodeId: string, height: bigint): Bond {
    return this.#bonds.get(nodeId) ?? fault(height, `${nodeId} has no bond`);
  }

  #end(nodeId: string, height: bigint): void {
    const {blockTimeSeconds, unbondWindowSeconds} = this.genesis.params;
    const back = height + BigInt(Math.ceil(unbondWindowSeconds / blockTimeSeconds));
    this.#bonds.set(nodeId, {...this.#at(nodeId, height), back});
  }
}
