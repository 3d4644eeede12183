/** A coordinator at work: its decisions, and the calls to custodians between them. */
import {isObject, members, type Value} from "../../../codecs/quorum/json.js";
import type {ProgramPackage} from "../../../codecs/quorum/program-package.js";
import type {Coordinator, EvaluationRequest} from "../../quorum/coordinator/coordinator.js";
import {deliveryBodies, type TripleDelivery} from "../../quorum/coordinator/delivery.js";
import {BEGIN_PATH, type Call, EvaluationRun, type Reply} from "../../quorum/coordinator/evaluation-run.js";
import {
  checkParticipants,
  holdersAfter,
  knowsRefresh,
  planRotation,
  type RotationPlan,
  type RotationRequest,
  readPartial,
  readSubShares,
  sumByTarget,
  unsettled,
} from "../../quorum/coordinator/resharing.js";
import type {Holder, PendingRefresh, ProgramRecord} from "../../quorum/coordinator/store.js";
import type {Outputs} from "../../quorum/program/evaluate.js";

import {CUSTODIAN_TIMEOUT_MS} from "./custodian-timeout.js";
import {InOrder} from "./in-order.js";
import {Turns} from "./turns.js";

/** Asks one custodian; `null` when it does not answer with 200. */
export type AskCustodian = (
  url: string,
  request: {method: "POST" | "DELETE"; path: string; body: Value},
) => Promise<Reply>;

export interface CoordinatorServiceOptions {
  /** How long an evaluation waits for a custodian to begin, its turn there included. */
  readonly beginTimeoutMs: number;
}

const DEFAULT_OPTIONS: CoordinatorServiceOptions = {beginTimeoutMs: CUSTODIAN_TIMEOUT_MS};

export class CoordinatorService {
  readonly #turns = new Turns();
  readonly #begins = new InOrder();
  /** A custodian takes triples in the order of their numbers alone, so each delivery ends before the next is dealt. */
  readonly #deals = new InOrder();

  constructor(
    readonly coordinator: Coordinator,
    private readonly askCustodian: AskCustodian,
    private readonly options = DEFAULT_OPTIONS,
  ) {}

  /** As the coordinator's `install`. @throws RuleError */
  install(
    program: ProgramPackage,
    pool: {generate: boolean; size: number},
    shareHolders: ReadonlySet<bigint> | null = null,
  ): Promise<ProgramRecord> {
    return this.#deals.run(program.programId, async () => {
      await this.#deliver(this.coordinator.install(program, pool, shareHolders));
      return this.coordinator.record(program.programId);
    });
  }

  /** Evaluations that the pool is now enough for, `null` for a program that needs no triples. @throws RuleError */
  replenish(programId: string, count: number): Promise<number | null> {
    return this.#deals.run(programId, async () => {
      const delivery = this.coordinator.replenish(programId, count);
      if (delivery === null) return null;
      const remaining = this.coordinator.poolRemaining(programId);
      await this.#deliver(delivery);
      return remaining;
    });
  }

  /** @throws RuleError, UnavailableError; nothing is charged where there is no result */
  evaluate(request: EvaluationRequest): Promise<Outputs> {
    return this.#turns.together(request.programId, async () => {
      const admission = this.coordinator.admit(request);
      try {
        const run = new EvaluationRun(admission.plan);
        for (let calls = run.calls(); calls.length > 0; calls = run.calls()) run.take(calls, await this.#askAll(calls));
        const results = run.results();
        this.coordinator.complete(admission, results);
        return results;
      } catch (error) {
        this.coordinator.refund(admission);
        throw error;
      }
    });
  }

  /** The number of custodians that took part. @throws RuleError, UnavailableError CUSTODIANS_MISSING */
  reshare(programId: string): Promise<number> {
    return this.#turns.alone(programId, async () => {
      const {program} = this.coordinator.reshareable(programId);
      const holders = await this.#settle(programId);
      const current = holders.filter(({stale}) => !stale);
      const refresh = await this.#deal(program, current, current);
      checkParticipants(refresh.participants.length, this.#k, "participated in resharing");
      const applied = await this.#apply(program, refresh, holders);
      const after = holdersAfter(holders, {...refresh, applied, threshold: this.#k});
      this.coordinator.setHolders(programId, after);
      checkParticipants(applied.size, this.#k, "participated in resharing");
      this.coordinator.setHolders(programId, await this.#recoverStale(program, after));
      const participants = refresh.participants.length;
      this.coordinator.note("reshare", {program_id: programId, participants: BigInt(participants)});
      return participants;
    });
  }

  /** @throws RuleError, UnavailableError CUSTODIANS_MISSING */
  rotate(programId: string, request: RotationRequest): Promise<RotationPlan> {
    return this.#turns.alone(programId, async () => {
      const {program, ...before} = this.coordinator.rotatable(programId);
      planRotation(before.holders, request, this.#k);
      const holders = await this.#settle(programId);
      const plan = planRotation(holders, request, this.#k);
      const {survivors, newcomers, retired} = plan;
      const current = survivors.filter(({stale}) => !stale);
      const refresh = await this.#deal(program, current, [...current, ...newcomers]);
      checkParticipants(refresh.participants.length, this.#k, "participated");
      // Before anyone moves: terms of refreshed shares would count the refresh twice (defect D11).
      const arrived = await this.#bringShares(program, {helpers: refresh.participants, targets: newcomers, refresh});
      checkParticipants(arrived.size, newcomers.length, "participated");
      const applied = await this.#apply(program, refresh, holders);
      checkParticipants(applied.size, this.#k, "participated");
      const after = holdersAfter(survivors, {...refresh, applied, threshold: this.#k});
      await Promise.all([
        ...retired.map(({url}) =>
          this.askCustodian(url, {method: "DELETE", path: `/reshare_retire/${programId}`, body: null}),
        ),
        this.#deals.run(programId, () => this.#deliver(this.coordinator.rotate(programId, [...after, ...newcomers]))),
      ]);
      this.coordinator.note("rotate", {
        program_id: programId,
        retired: retired.map(({index}) => BigInt(index)),
        onboarded: BigInt(newcomers.length),
        new_x_coords: newcomers.map(({x}) => x),
      });
      return plan;
    });
  }

  get #k(): number {
    return this.coordinator.options.threshold;
  }

  /** Every holder of `dealers` deals a zero polynomial to `targets`, for every secret. */
  async #deal(program: ProgramPackage, dealers: readonly Holder[], targets: readonly Holder[]): Promise<Refresh> {
    const xs = targets.map(({x}) => x);
    const id = this.coordinator.nameRefresh();
    const named = new Set(dealers);
    const bySecret = await Promise.all(
      secretMembers(program).map(async (secret) => {
        const body = {
          program_id: program.programId,
          target_x_coords: xs,
          k: BigInt(this.#k),
          refresh_id: id,
          ...secret,
        };
        const replies = await Promise.all(dealers.map((dealer) => this.#ask(dealer, "/reshare_generate", body)));
        for (const [at, dealer] of dealers.entries()) if (!knowsRefresh(replies[at]!, id)) named.delete(dealer);
        return replies.map((reply) => readSubShares(reply, xs));
      }),
    );
    // Whoever dealt for one secret and not for another takes part in none.
    const took = dealers.map((_, at) => bySecret.every((dealt) => dealt[at] !== null));
    const sums = bySecret.map((dealt) => sumByTarget(dealt.flatMap((row, at) => (took[at] ? [row!] : []))));
    return {
      participants: dealers.filter((_, at) => took[at]),
      sum: (secret, holder) => sums[secret]![targets.indexOf(holder)]!,
      pendingOf: (holder) =>
        named.has(holder) ? {id, addends: sums.map((values) => values[targets.indexOf(holder)]!)} : null,
    };
  }

  /**
   * Those who said that they added what was dealt to all their shares. Until the caller notes who did, all of them count
   * as stale, on disk: whatever stops this in between, shares of before and after are not taken together.
   */
  async #apply(
    program: ProgramPackage,
    {participants, sum, pendingOf}: Refresh,
    holders: readonly Holder[],
  ): Promise<ReadonlySet<Holder>> {
    const begun = {participants, applied: new Set<Holder>(), threshold: this.#k, pendingOf};
    this.coordinator.setHolders(program.programId, holdersAfter(holders, begun));
    const addends = (holder: Holder) => secretMembers(program).map((_, at) => sum(at, holder));
    return this.#add(program, participants, (holder) => pendingOf(holder) ?? {id: null, addends: addends(holder)});
  }

  /** Those of `targets` that said that they added what there is for each of their shares. */
  async #add(
    program: ProgramPackage,
    targets: readonly Holder[],
    refreshOf: (holder: Holder) => {readonly id: string | null; readonly addends: readonly bigint[]},
  ): Promise<ReadonlySet<Holder>> {
    const secrets = secretMembers(program);
    const done = await Promise.all(
      targets.map(async (holder) => {
        const {id, addends} = refreshOf(holder);
        const named = id === null ? {} : {refresh_id: id};
        for (const [at, secret] of secrets.entries()) {
          const body = {program_id: program.programId, sub_shares: [`${addends[at]}`], ...named, ...secret};
          if ((await this.#ask(holder, "/reshare_apply", body)) === null) return false;
        }
        return true;
      }),
    );
    return new Set(targets.filter((_, at) => done[at]));
  }

  /**
   * Who holds which share, after those of a refresh whose answers were lost were told it again. Where enough of them now
   * have it for certain they go on, and all others are stale.
   */
  async #settle(programId: string): Promise<readonly Holder[]> {
    const {program, holders} = this.coordinator.record(programId);
    for (const participants of unsettled(holders, this.#k)) {
      const applied = await this.#add(program, participants, ({pending}) => pending!);
      if (applied.size < this.#k) continue;
      const after = holdersAfter(holders, {participants, applied, threshold: this.#k});
      this.coordinator.setHolders(programId, after);
      return after;
    }
    return holders;
  }

  /**
   * Gives each target its share of every secret, out of the terms of k helpers; with what a refresh adds to it.
   * @returns the targets that took all of theirs
   * @throws UnavailableError CUSTODIANS_MISSING
   */
  async #bringShares(
    program: ProgramPackage,
    {helpers, targets, refresh}: {helpers: readonly Holder[]; targets: readonly Holder[]; refresh: Refresh | null},
  ): Promise<ReadonlySet<Holder>> {
    const {programId, source} = program;
    const asked = helpers.slice(0, this.#k);
    const xs = asked.map(({x}) => x);
    const arrived = new Set(targets);
    for (const holder of targets)
      for (const [at, secret] of secretMembers(program).entries()) {
        const body = {program_id: programId, target_x: holder.x, participant_x_coords: xs, ...secret};
        const replies = await Promise.all(asked.map((helper) => this.#ask(helper, "/reshare_lagrange_partial", body)));
        const terms = replies.flatMap((reply) => readPartial(reply) ?? []);
        checkParticipants(terms.length, this.#k, "participated");
        const y = terms.reduce((sum, term) => sum + term, refresh?.sum(at, holder) ?? 0n);
        const share = {program_id: programId, share_x: holder.x, share_y: `${y}`, program_package: source, ...secret};
        if ((await this.#ask(holder, "/reshare_set_share", share)) === null) arrived.delete(holder);
      }
    return arrived;
  }

  /** Gives custodians that missed a resharing their shares anew, where they answer again. */
  async #recoverStale(program: ProgramPackage, holders: readonly Holder[]): Promise<readonly Holder[]> {
    const targets = holders.filter(({stale}) => stale);
    const helpers = holders.filter(({stale}) => !stale);
    const back = await this.#bringShares(program, {helpers, targets, refresh: null});
    return holders.map((holder) => (back.has(holder) ? {...holder, stale: false} : holder));
  }

  /** Custodians that do not take a delivery lack these triples and sit out the evaluations that use them. */
  async #deliver(delivery: TripleDelivery | null): Promise<void> {
    if (delivery === null) return;
    await Promise.all(
      delivery.holders.map(async ({url}, at) => {
        for (const body of deliveryBodies(delivery, at))
          if ((await this.askCustodian(url, {method: "POST", path: "/install_beaver", body})) === null) return;
      }),
    );
  }

  #ask({url}: Holder, path: string, body: Readonly<Record<string, Value>>): Promise<Reply> {
    return this.askCustodian(url, {method: "POST", path, body: members(body)});
  }

  /**
   * A custodian that uses a triple spends all lower ones, so evaluations that began one after another must reach it in
   * that order, however long each is on its way.
   */
  #call({holder, path, body}: Call): Promise<Reply> {
    const ask = (): Promise<Reply> => this.askCustodian(holder.url, {method: "POST", path, body});
    if (path !== BEGIN_PATH) return ask();
    const programId = isObject(body) ? body.get("program_id") : "";
    return new Promise((resolve, reject) => {
      let late = false;
      const timer = setTimeout(() => {
        late = true;
        resolve(null);
      }, this.options.beginTimeoutMs);
      // One that nobody waits for any more is not made: those behind it have waited as long.
      this.#begins
        .run(`${holder.url} ${programId}`, async () => (late ? null : ask()))
        .then(resolve, reject)
        .finally(() => clearTimeout(timer));
    });
  }

  /** All custodians at once, each one's calls in their order; after a failure nothing more is asked of it. */
  async #askAll(calls: readonly Call[]): Promise<readonly Reply[]> {
    const replies = new Map<Call, Reply>();
    const byHolder = new Map<Holder, Call[]>();
    for (const call of calls) byHolder.set(call.holder, [...(byHolder.get(call.holder) ?? []), call]);
    await Promise.all(
      [...byHolder.values()].map(async (own) => {
        for (const call of own) {
          const reply = await this.#call(call);
          replies.set(call, reply);
          if (reply === null) return;
        }
      }),
    );
    return calls.map((call) => replies.get(call) ?? null);
  }
}

/** What a refresh of all secrets adds to shares. */
interface Refresh {
  readonly participants: readonly Holder[];
  /** For secret number `secret` of the program, at a target. */
  sum(secret: number, holder: Holder): bigint;
  /** All that it adds at a participant, which it can be told again; `null` where that would add it twice. */
  pendingOf(holder: Holder): PendingRefresh | null;
}

/** Members that name each secret in a request. The first goes without: it is the one that the reference knows. */
const secretMembers = ({
  secretNames,
}: Pick<ProgramPackage, "secretNames">): readonly Readonly<Record<string, Value>>[] => [
  {},
  ...secretNames.slice(1).map((name) => ({secret_name: name})),
];
