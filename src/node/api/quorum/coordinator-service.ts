/** A coordinator at work: its decisions, and the calls to custodians between them. */
import {members, type Value} from "../../../codecs/quorum/json.js";
import type {ProgramPackage} from "../../../codecs/quorum/program-package.js";
import type {Coordinator, EvaluationRequest} from "../../quorum/coordinator/coordinator.js";
import {deliveryBodies, type TripleDelivery} from "../../quorum/coordinator/delivery.js";
import {type Call, EvaluationRun, type Reply} from "../../quorum/coordinator/evaluation-run.js";
import {
  checkParticipants,
  holdersAfter,
  planRotation,
  type RotationPlan,
  type RotationRequest,
  readPartial,
  readSubShares,
  sumByTarget,
} from "../../quorum/coordinator/resharing.js";
import type {Holder, ProgramRecord} from "../../quorum/coordinator/store.js";
import type {Outputs} from "../../quorum/program/evaluate.js";

/** Asks one custodian; `null` when it does not answer with 200. */
export type AskCustodian = (
  url: string,
  request: {method: "POST" | "DELETE"; path: string; body: Value},
) => Promise<Reply>;

export class CoordinatorService {
  /** Resharings and rotations of one program, one after another: two at once would tear its sharing apart. */
  readonly #resharing = new Map<string, Promise<unknown>>();

  constructor(
    readonly coordinator: Coordinator,
    private readonly askCustodian: AskCustodian,
  ) {}

  /** @throws RuleError */
  async install(program: ProgramPackage, pool: {generate: boolean; size: number}): Promise<ProgramRecord> {
    await this.#deliver(this.coordinator.install(program, pool));
    return this.coordinator.record(program.programId);
  }

  /** Evaluations that the pool is now enough for, `null` for a program that needs no triples. @throws RuleError */
  async replenish(programId: string, count: number): Promise<number | null> {
    const delivery = this.coordinator.replenish(programId, count);
    if (delivery === null) return null;
    const remaining = this.coordinator.poolRemaining(programId);
    await this.#deliver(delivery);
    return remaining;
  }

  /** @throws RuleError, UnavailableError; nothing is charged where there is no result */
  async evaluate(request: EvaluationRequest): Promise<Outputs> {
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
  }

  /** The number of custodians that took part. @throws RuleError, UnavailableError CUSTODIANS_MISSING */
  reshare(programId: string): Promise<number> {
    return this.#alone(programId, async () => {
      const {holders} = this.coordinator.reshareable(programId);
      const current = holders.filter(({stale}) => !stale);
      const {participants, sums} = await this.#deal(programId, current, current);
      checkParticipants(participants.length, this.#k, "participated in resharing");
      const applied = await this.#apply(programId, participants, sums(participants));
      const after = holdersAfter(holders, {applied, threshold: this.#k});
      this.coordinator.setHolders(programId, after);
      checkParticipants(applied.size, this.#k, "participated in resharing");
      this.coordinator.setHolders(programId, await this.#recoverStale(programId, after));
      this.coordinator.note("reshare", {program_id: programId, participants: BigInt(participants.length)});
      return participants.length;
    });
  }

  /** @throws RuleError, UnavailableError CUSTODIANS_MISSING */
  rotate(programId: string, request: RotationRequest): Promise<RotationPlan> {
    return this.#alone(programId, async () => {
      const {holders, program} = this.coordinator.rotatable(programId);
      const plan = planRotation(holders, request, this.#k);
      const {survivors, newcomers, retired} = plan;
      const current = survivors.filter(({stale}) => !stale);
      const {participants, sums} = await this.#deal(programId, current, [...current, ...newcomers]);
      checkParticipants(participants.length, this.#k, "participated");
      // Before anyone moves: terms of refreshed shares would count the refresh twice (defect D11).
      const shares = await this.#interpolate(programId, participants, newcomers);
      const moves = sums(newcomers);
      const arrived = await Promise.all(
        newcomers.map((holder, at) =>
          this.#ask(holder, "/reshare_set_share", {
            program_id: programId,
            share_x: holder.x,
            share_y: `${shares[at]! + moves[at]!}`,
            program_package: program.source,
          }),
        ),
      );
      checkParticipants(arrived.filter((reply) => reply !== null).length, newcomers.length, "participated");
      const applied = await this.#apply(programId, participants, sums(participants));
      checkParticipants(applied.size, this.#k, "participated");
      const after = holdersAfter(survivors, {applied, threshold: this.#k});
      const delivery = this.coordinator.rotate(programId, [...after, ...newcomers]);
      await Promise.all([
        ...retired.map(({url}) =>
          this.askCustodian(url, {method: "DELETE", path: `/reshare_retire/${programId}`, body: null}),
        ),
        this.#deliver(delivery),
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

  /** Every holder of `dealers` deals a zero polynomial to `targets`. */
  async #deal(programId: string, dealers: readonly Holder[], targets: readonly Holder[]) {
    const xs = targets.map(({x}) => x);
    const body = {program_id: programId, target_x_coords: xs, k: BigInt(this.#k)};
    const replies = await Promise.all(dealers.map((dealer) => this.#ask(dealer, "/reshare_generate", body)));
    const dealt = replies.map((reply) => readSubShares(reply, xs));
    const participants = dealers.filter((_, at) => dealt[at] !== null);
    const byTarget = sumByTarget(dealt.flatMap((row) => (row === null ? [] : [row])));
    const sums = (holders: readonly Holder[]): readonly bigint[] =>
      holders.map((holder) => byTarget[targets.indexOf(holder)]!);
    return {participants, sums};
  }

  async #apply(programId: string, holders: readonly Holder[], sums: readonly bigint[]): Promise<ReadonlySet<Holder>> {
    const replies = await Promise.all(
      holders.map((holder, at) =>
        this.#ask(holder, "/reshare_apply", {program_id: programId, sub_shares: [`${sums[at]}`]}),
      ),
    );
    return new Set(holders.filter((_, at) => replies[at] !== null));
  }

  /** Values of the sharing at the x of `targets`, out of the terms of k holders. */
  async #interpolate(
    programId: string,
    holders: readonly Holder[],
    targets: readonly Holder[],
  ): Promise<readonly bigint[]> {
    const helpers = holders.slice(0, this.#k);
    const xs = helpers.map(({x}) => x);
    return Promise.all(
      targets.map(async ({x}) => {
        const body = {program_id: programId, target_x: x, participant_x_coords: xs};
        const replies = await Promise.all(
          helpers.map((helper) => this.#ask(helper, "/reshare_lagrange_partial", body)),
        );
        const terms = replies.flatMap((reply) => readPartial(reply) ?? []);
        checkParticipants(terms.length, this.#k, "participated");
        return terms.reduce((sum, term) => sum + term, 0n);
      }),
    );
  }

  /** Gives custodians that missed a resharing their share anew, where they answer again. */
  async #recoverStale(programId: string, holders: readonly Holder[]): Promise<readonly Holder[]> {
    const current = holders.filter(({stale}) => !stale);
    const stale = holders.filter((holder) => holder.stale);
    if (stale.length === 0) return holders;
    const shares = await this.#interpolate(programId, current, stale);
    const replies = await Promise.all(
      stale.map((holder, at) =>
        this.#ask(holder, "/reshare_set_share", {
          program_id: programId,
          share_x: holder.x,
          share_y: `${shares[at]}`,
        }),
      ),
    );
    const back = new Set(stale.filter((_, at) => replies[at] !== null));
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

  /** All custodians at once, each one's calls in their order; after a failure nothing more is asked of it. */
  async #askAll(calls: readonly Call[]): Promise<readonly Reply[]> {
    const replies = new Map<Call, Reply>();
    const byHolder = new Map<Holder, Call[]>();
    for (const call of calls) byHolder.set(call.holder, [...(byHolder.get(call.holder) ?? []), call]);
    await Promise.all(
      [...byHolder.values()].map(async (own) => {
        for (const call of own) {
          const {holder, path, body} = call;
          const reply = await this.askCustodian(holder.url, {method: "POST", path, body});
          replies.set(call, reply);
          if (reply === null) return;
        }
      }),
    );
    return calls.map((call) => replies.get(call) ?? null);
  }

  async #alone<T>(programId: string, work: () => Promise<T>): Promise<T> {
    const before = this.#resharing.get(programId);
    const turn = (before ?? Promise.resolve()).then(work, work);
    const settled = turn.catch(() => undefined);
    this.#resharing.set(programId, settled);
    try {
      return await turn;
    } finally {
      if (this.#resharing.get(programId) === settled) this.#resharing.delete(programId);
    }
  }
}
