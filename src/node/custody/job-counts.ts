/** What a custodian's jobs came to since it started. */
import type {Job} from "../../codecs/quorum/strict/job.js";
import {QsdmError} from "../../errors.js";

type Kind = Job["kind"];

export class JobCounts {
  readonly done = new Map<Kind, number>();
  rounds = 0;
  sentBytes = 0;
  /** By reason where the protocol ended it, else by code. */
  readonly failed = new Map<string, number>();
  /** Places of those that this custodian accused. */
  readonly accused = new Map<number, number>();

  add(kind: Kind, {rounds, sentBytes}: {readonly rounds: number; readonly sentBytes: number}): void {
    count(this.done, kind);
    this.rounds += rounds;
    this.sentBytes += sentBytes;
  }

  fail(error: unknown): void {
    const {reason, culprits} = (error instanceof QsdmError ? error.details : {}) as {
      readonly reason?: string;
      readonly culprits?: readonly number[];
    };
    count(this.failed, reason ?? (error instanceof QsdmError ? error.code : "INTERNAL"));
    for (const place of culprits ?? []) count(this.accused, place);
  }
}

function count<K>(counts: Map<K, number>, key: K): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
