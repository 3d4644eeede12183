/** What comparing queries with earlier ones takes, and whom it stops. */
import type {Ir} from "../../../codecs/quorum/ir.js";
import type {PolicyManifest} from "../../../codecs/quorum/policy.js";
import {type WatchPolicy, watchOf} from "../policy/watch.js";
import {costOf} from "../verified/cost.js";
import type {Analysis} from "./analyze.js";
import {inputNames} from "./evaluate.js";
import type {Finding} from "./lint.js";
import {runningIr} from "./running.js";

export function watchFindings(ir: Ir, {outputs}: Analysis, policy: PolicyManifest): readonly Finding[] {
  const watch = watchOf(policy);
  const inputs = inputNames(ir).length;
  if (!watch) return policy.anomalyWindow === undefined ? [] : [NO_LIMIT];
  if (inputs === 0) return [];
  const stops = outputs.flatMap(({name, extractionQueries}) => tooLate(name, extractionQueries, watch));
  return [costNote(runningIr({ir, policy}), inputs, watch), ...(inputs > 1 ? stops : [])];
}

const NO_LIMIT: Finding = {
  severity: "warning",
  code: "ANOMALY_UNLIMITED",
  wire: null,
  message: "anomaly_window does nothing without anomaly_limit: no query is compared",
};

function costNote(ir: Ir, inputs: number, {window}: WatchPolicy): Finding {
  const [without, whole] = [costOf(ir), costOf(ir, window)];
  const took = `comparing with ${window} queries takes ${whole.triples - without.triples} triples and ${whole.rounds - without.rounds} rounds`;
  const finds =
    inputs === 1
      ? "repeats, and three numbers at equal steps: all queries of one input are on a line"
      : "repeats, one input varied at a time, and lines";
  return {
    severity: "note",
    code: "ANOMALY_COST",
    wire: null,
    message: `${took}; it finds ${finds}, and not a client that asks for random numbers`,
  };
}

/** From any query on each further one varies one input of it, until it is too old to be compared with. */
function tooLate(name: string, needed: bigint, {limit, window}: WatchPolicy): readonly Finding[] {
  const scored = needed - 1n < BigInt(window) ? needed - 1n : BigInt(window);
  if (needed <= 1n || limit < scored) return [];
  const message = `varying one input at a time scores ${scored} until the ${needed} answers that give this output's unknowns are there, and anomaly_limit ${limit} allows it`;
  return [{severity: "warning", code: "ANOMALY_ALLOWS_EXTRACTION", wire: name, message}];
}
