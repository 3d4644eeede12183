/** What the telemetry check of this node thinks of the proofs that it took. Advice: nothing depends on it. */
import {anomalyPage, penaltyView, type VerdictView} from "../../../codecs/api/telemetry.js";
import {UnavailableError} from "../../../errors.js";
import type {Verdict} from "../../mining/telemetry/check.js";
import type {TelemetryCheck} from "../../mining/telemetry/telemetry.js";
import {addressKind, inQuery} from "../param.js";
import type {ApiPorts} from "../ports.js";
import {json, route} from "../route.js";

function checkOf({telemetry}: ApiPorts): Pick<TelemetryCheck, "anomalies" | "catalogueSize" | "penalty"> {
  if (telemetry) return telemetry;
  throw new UnavailableError("TELEMETRY_CHECK_OFF", "this node does not check telemetry", {
    hint: "run it with --telemetry-check",
  });
}

const orLeftOut = <T>(items: readonly T[]): readonly T[] | null => (items.length === 0 ? null : items);

/** A verdict as it is shown: empty lists are left out. */
export const viewOfVerdict = ({mismatches, matchedReferences, ...rest}: Verdict): VerdictView => ({
  ...rest,
  mismatches: orLeftOut(mismatches.map((each) => ({...each, expected: orLeftOut(each.expected)}))),
  matchedReferences: orLeftOut(matchedReferences),
});

export const anomaliesRoute = route({
  method: "GET",
  path: "/api/v1/mining/spec-anomalies",
  summary: "accepted proofs whose claims about their GPU look odd, newest first",
  auth: "public",
  errors: "text",
  cost: 1,
  params: {},
  body: null,
  reply: json(anomalyPage),
  handle(_input, {node}) {
    const {anomalies, catalogueSize} = checkOf(node);
    const records = anomalies.map(({recordedAtMs, claim, verdict}) => ({
      ...claim,
      recordedAtMs,
      verdict: viewOfVerdict(verdict),
    }));
    return {catalogueSize, records};
  },
});

export const penaltyRoute = route({
  method: "GET",
  path: "/api/v1/mining/penalty",
  summary: "how often a miner's claims looked odd, and what that would cost it where rewards heeded it",
  auth: "public",
  errors: "text",
  cost: 1,
  params: {miner_addr: inQuery(addressKind, "account that mines")},
  body: null,
  reply: json(penaltyView),
  handle: ({miner_addr}, {node}) => checkOf(node).penalty(miner_addr),
});
