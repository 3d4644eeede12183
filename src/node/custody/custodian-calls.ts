/** Calls of a coordinator to the custodians that it has channels to, all at once. */

import type {Codec} from "../../codecs/codec.js";
import {
  type Answer,
  type Ask,
  type Certificate,
  type CustodianMethods,
  type CustodianStatus,
  custodianMethods,
} from "../../codecs/quorum/strict/calls.js";
import type {Job} from "../../codecs/quorum/strict/job.js";
import {prepared} from "../../codecs/quorum/strict/statements.js";
import {UnavailableError} from "../../errors.js";
import type {Links} from "./links.js";

const CALL_MS = 30_000;
/** Of calls that take longer: a job has many rounds, each under a deadline of its own; a host may let its guests wait for reports. */
const LONGER_MS: Partial<Record<keyof CustodianMethods, number>> = {run: 600_000, attest: 60_000};

export interface Answers<B> {
  readonly answers: readonly {readonly place: number; readonly answer: B}[];
  readonly failures: readonly {readonly place: number; readonly error: unknown}[];
  /** The first failure. */
  readonly error: unknown;
}

export class CustodianCalls {
  constructor(private readonly links: Links) {}

  get live(): readonly number[] {
    return this.links.live;
  }

  /** @throws what the custodian refused with; UnavailableError PEER_UNREACHABLE, CALL_TIMEOUT; DecodeError */
  async call<M extends keyof CustodianMethods>(
    place: number,
    name: M,
    ask: Ask<CustodianMethods[M]>,
  ): Promise<Answer<CustodianMethods[M]>> {
    const link = this.links.get(place);
    if (!link) throw new UnavailableError("PEER_UNREACHABLE", `custodian ${place} is not connected`);
    const method = custodianMethods[name];
    const body = (method.ask as Codec<Ask<CustodianMethods[M]>>).encode(ask);
    const answer = await link.call(name, body, LONGER_MS[name] ?? CALL_MS);
    return method.answer.decode(answer) as Answer<CustodianMethods[M]>;
  }

  all<M extends keyof CustodianMethods>(
    name: M,
    ask: Ask<CustodianMethods[M]>,
    places: readonly number[] = this.live,
  ): Promise<Answers<Answer<CustodianMethods[M]>>> {
    return gathered(places.map((place) => ({place, work: this.call(place, name, ask)})));
  }

  run(job: Job): Promise<Answers<Answer<CustodianMethods["run"]>>> {
    return this.all("run", {job}, job.participants);
  }

  async statuses(): Promise<readonly {readonly place: number; readonly status: CustodianStatus}[]> {
    const {answers} = await this.all("status", {});
    return answers.map(({place, answer}) => ({place, status: answer}));
  }

  /** @throws DecodeError of an outcome that is no acknowledgement */
  certificate(job: Job, outcomes: readonly Uint8Array[]): Certificate {
    return {job, acknowledgements: outcomes.map((outcome) => prepared.decode(outcome))};
  }
}

async function gathered<B>(calls: readonly {place: number; work: Promise<B>}[]): Promise<Answers<B>> {
  const settled = await Promise.allSettled(calls.map(({work}) => work));
  const answers = settled.flatMap((each, at) =>
    each.status === "fulfilled" ? [{place: calls[at]!.place, answer: each.value}] : [],
  );
  const failures = settled.flatMap((each, at) =>
    each.status === "rejected" ? [{place: calls[at]!.place, error: each.reason as unknown}] : [],
  );
  return {answers, failures, error: failures[0]?.error};
}
