/** Whether queries of a program are watched for patterns, and how. */
import type {Ir} from "../../../codecs/quorum/ir.js";
import type {PolicyManifest} from "../../../codecs/quorum/policy.js";

import {runningIr} from "../program/running.js";
import {type Cost, costOf} from "../verified/cost.js";

/** Earlier queries that a new one is compared with, where a policy does not say. */
export const DEFAULT_ANOMALY_WINDOW = 8n;

export interface WatchPolicy {
  /** Score above which a client gets no more results. */
  readonly limit: bigint;
  /** Earlier queries of a client that a new one is compared with. */
  readonly window: number;
}

/** `null` where the policy sets no limit. */
export const watchOf = ({
  anomalyLimit: limit,
  anomalyWindow: window = DEFAULT_ANOMALY_WINDOW,
}: PolicyManifest): WatchPolicy | null => (limit === undefined ? null : {limit, window: Number(window)});

/** What an evaluation takes, compared with as many queries as the policy says. */
export const costUnder = ({ir, policy}: {readonly ir: Ir; readonly policy: PolicyManifest}): Cost =>
  costOf(runningIr({ir, policy}), watchOf(policy)?.window);
