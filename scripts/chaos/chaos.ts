/** One run: warm up, a fault every half minute, and the checks. */
import {setTimeout as sleep} from "node:timers/promises";
import type {Client} from "../../src/node/api/client.js";
import type {Signer} from "../../src/node/keys/signer.js";
import type {Adversary} from "./adversary.js";
import {chainFaults, governedApart, lostOn, slashesMissingOn, supplyFault} from "./audit.js";
import {auditSupply, keepSupply} from "./books.js";
import {type Fault, type FaultKind, faultOf, inflict} from "./faults.js";
import {Load} from "./load.js";
import type {Validator} from "./validators.js";
import {Watch} from "./watch.js";
import type {Wires} from "./wires.js";

/** A fault begins this often, and lasts that long. */
const EVERY_MS = 30_000;
const LASTS_MS = 10_000;
/** Without a fault, at first: what the load comes to when nothing is wrong. */
const WARM_UP_MS = 20_000;
const READY_MS = 120_000;
/** How soon after a fault the load goes through again, and how much of it. */
const RECOVERY_MS = 5_000;
const RECOVERED = 0.9;
/** Until what was acknowledged last is final everywhere. */
const DRAIN_MS = 60_000;
/** Lost transactions that are told one by one. */
const LOST_SHOWN = 3;

export interface ChaosPlan {
  readonly seed: number;
  readonly minutes: number;
  /** Transactions a second. */
  readonly perSecond: number;
  /** Which faults, in turn. */
  readonly kinds: readonly FaultKind[];
  readonly senders: readonly Signer[];
  readonly wires: Wires;
  readonly genesisFile: string;
  /** Who attacks the books meanwhile, or nobody. */
  adversary(clients: readonly Client[]): Adversary | null;
  say(text: string): void;
}

export interface Injected {
  readonly kind: FaultKind;
  readonly away: readonly number[];
  /** From its end until nine tenths of the usual rate; null where that never came. */
  readonly recoveryMs: number | null;
  /** From its end until those who were away had what the others had then. */
  readonly caughtUpMs: number | null;
}

export interface Summary {
  readonly seed: number;
  readonly seconds: number;
  readonly blocks: number;
  readonly acknowledged: number;
  /** Final transactions a second before the first fault. */
  readonly baseline: number;
  readonly injected: readonly Injected[];
  /** What is not as it should be; empty when everything is. */
  readonly faults: readonly string[];
}

export class Chaos {
  readonly #faults: string[] = [];
  readonly #pick: (below: number) => number;

  constructor(private readonly plan: ChaosPlan) {
    this.#pick = generator(plan.seed);
  }

  fault(text: string): void {
    this.#faults.push(text);
    this.plan.say(`FAIL  ${text}`);
  }

  async run(validators: readonly Validator[]): Promise<Summary> {
    const {say, senders, perSecond, minutes, seed} = this.plan;
    const startedAtMs = Date.now();
    const watch = new Watch(validators);
    const load = new Load({chainId: "chaos", senders, clients: validators.map(({client}) => client), perSecond});
    await Promise.all(validators.map((each) => each.start()));
    watch.start();
    await this.#until(() => watch.best >= 3n, READY_MS, "no block is final");
    load.start();
    const adversary = this.plan.adversary(validators.map(({client}) => client));
    adversary?.start();
    await sleep(WARM_UP_MS);
    const baseline = watch.rate(Date.now() - WARM_UP_MS / 2, Date.now());
    say(`${baseline.toFixed(1)} transactions a second without a fault`);
    const injected: Injected[] = [];
    const endsAtMs = startedAtMs + minutes * 60_000;
    for (let round = 0; this.plan.kinds.length > 0 && Date.now() + EVERY_MS <= endsAtMs; round++)
      injected.push(await this.#inject(this.#fault(round, validators.length), {validators, watch, baseline}));
    await sleep(Math.max(0, endsAtMs - Date.now()));
    await load.stop();
    await adversary?.stop();
    const {acknowledged, refusals} = load;
    say(`${acknowledged.length} transactions acknowledged, ${watch.best} blocks; looking for all of them`);
    for (const each of new Set(refusals)) this.fault(`a sender was refused: ${each}`);
    for (const lost of await Promise.all(validators.map((one) => lostOn(one, acknowledged, DRAIN_MS)))) {
      for (const each of lost.slice(0, LOST_SHOWN)) this.fault(each);
      if (lost.length > LOST_SHOWN) this.fault(`and ${lost.length - LOST_SHOWN} more that it does not have`);
    }
    if (adversary) await this.#hold(adversary, validators);
    for (const each of await Promise.all(validators.map(supplyFault))) if (each !== null) this.fault(each);
    await Promise.all(validators.map(keepSupply));
    await watch.stop();
    for (const each of watch.conflicts) this.fault(each);
    for (const each of validators) {
      const status = await each.stop();
      if (status !== 0 && status !== 130) this.fault(`validator ${each.index} stopped with status ${status}`);
    }
    const {blocks, faults} = await chainFaults(validators);
    for (const each of faults) this.fault(each);
    // One after the other: each reads a whole chain.
    for (const each of validators) {
      const wrong = await auditSupply(each, this.plan.genesisFile);
      if (wrong !== null) this.fault(wrong);
    }
    const seconds = Math.round((Date.now() - startedAtMs) / 1_000);
    const summary = {
      seed,
      seconds,
      blocks: Number(blocks),
      acknowledged: acknowledged.length,
      baseline,
      injected,
      faults: this.#faults,
    };
    tell(summary, say);
    return summary;
  }

  /** What must have come of the attacks: some of each kind got in, and what was voted for holds everywhere alike. */
  async #hold(adversary: Adversary, validators: readonly Validator[]): Promise<void> {
    const {say} = this.plan;
    const listed = (counts: ReadonlyMap<string, number>) => [...counts].map(([what, n]) => `${what} ${n}`).join(", ");
    say(`taken from villains: ${listed(adversary.taken)}`);
    say(`refused: ${listed(adversary.refused)}`);
    for (const each of adversary.faults) this.fault(each);
    for (const who of adversary.idle()) this.fault(`nothing of the ${who} was ever taken`);
    const {slashes} = adversary;
    if (slashes.length === 0) this.fault("nobody was slashed with proof");
    const left = await Promise.all(validators.map((one) => slashesMissingOn(one, slashes, DRAIN_MS)));
    for (const each of left.flat()) this.fault(each);
    say(`${slashes.length} rigs slashed with proof`);
    for (const each of await governedApart(validators, DRAIN_MS)) this.fault(each);
  }

  #fault(round: number, count: number): Fault {
    const {kinds} = this.plan;
    return faultOf(kinds[round % kinds.length]!, count, this.#pick);
  }

  async #inject(
    fault: Fault,
    {validators, watch, baseline}: {validators: readonly Validator[]; watch: Watch; baseline: number},
  ): Promise<Injected> {
    const {say, wires} = this.plan;
    const {kind, away} = fault;
    const beganMs = Date.now();
    const end = await inflict(fault, {validators, wires});
    await sleep(LASTS_MS);
    await end();
    const healedMs = Date.now();
    const target = watch.best;
    let caughtUpMs: number | null = null;
    while (Date.now() < beganMs + EVERY_MS) {
      await sleep(100);
      if (caughtUpMs === null && away.every((i) => watch.heightOf(i) >= target)) caughtUpMs = Date.now() - healedMs;
    }
    const recoveryMs = watch.recovery(healedMs, RECOVERED * baseline);
    const what = `${kind} of ${away.join(" and ")}`;
    say(`${what}: the load goes through after ${inSeconds(recoveryMs)}, all caught up after ${inSeconds(caughtUpMs)}`);
    if (recoveryMs === null || recoveryMs > RECOVERY_MS)
      this.fault(`${what}: ${inSeconds(recoveryMs)} until nine tenths of the load went through, not ${RECOVERY_MS} ms`);
    if (caughtUpMs === null) this.fault(`${what}: who was away has not caught up before the next fault`);
    return {kind, away, recoveryMs, caughtUpMs};
  }

  async #until(holds: () => boolean, withinMs: number, otherwise: string): Promise<void> {
    const endMs = Date.now() + withinMs;
    while (!holds()) {
      if (Date.now() > endMs) throw new Error(`${otherwise} within ${withinMs} ms`);
      await sleep(100);
    }
  }
}

const inSeconds = (ms: number | null): string => (ms === null ? "no time seen" : `${(ms / 1_000).toFixed(1)} s`);

function tell(summary: Summary, say: (text: string) => void): void {
  const {injected, acknowledged, blocks, seconds, faults} = summary;
  const slowest = injected.reduce((most, {recoveryMs}) => Math.max(most, recoveryMs ?? Number.POSITIVE_INFINITY), 0);
  say(`${seconds} s, ${injected.length} faults, ${blocks} blocks, ${acknowledged} transactions acknowledged`);
  say(`slowest recovery ${Number.isFinite(slowest) ? inSeconds(slowest) : "never"}`);
  say(faults.length === 0 ? "ok: nothing was lost, and nobody disagrees" : `${faults.length} faults`);
}

/** A xorshift generator: a seed names a run. */
function generator(seed: number): (below: number) => number {
  let x = (seed ^ 0x9e37_79b9) >>> 0 || 1;
  return (below) => {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    x >>>= 0;
    return x % below;
  };
}
