/** The quorum services as HTTP scenarios drive them: every route, without sockets. */
import {type ValueObject, wireJson} from "../../../src/codecs/quorum/json.js";
import {answerRequest, type QuorumAnswer} from "../../../src/node/api/quorum/route.js";
import {Cluster} from "../../support/quorum-cluster.js";
import {type Adapter, type Adapters, type Input, OneOf, type Output, UnknownCase} from "../case.js";
import {recordedShape, wireValue} from "./quorum-shapes.js";

async function send(cluster: Cluster, target: string, call: Input): Promise<QuorumAnswer> {
  const routes =
    target === "coordinator" ? cluster.coordinator : cluster.custodians[Number(target.slice(CUSTODIAN.length))];
  if (!routes) throw new UnknownCase(`no target ${target}`);
  const body = call.has("body") ? wireJson(wireValue(call.json.body!)) : "";
  return answerRequest(routes, {method: call.text("method"), path: call.text("path"), body});
}

const CUSTODIAN = "custodian:";
const FRAMEWORK_STATUS = 422;

/**
 * An answer as scenarios record it. They leave the body out where they record a status alone, and put a mark where an
 * id is drawn or does not matter.
 */
function answerShape({status, body}: QuorumAnswer): Output {
  if (status === FRAMEWORK_STATUS) return {status};
  const shape = recordedShape(body) as {readonly [name: string]: Output};
  const marked = (name: string, mark: string): {readonly [name: string]: Output} =>
    shape[name] === undefined ? {} : {[name]: new OneOf([mark, shape[name]])};
  const whole = {...shape, ...marked("request_id", "<request_id>")};
  if (status !== 200) return new OneOf([{status, body: whole}, {status}]);
  return {
    status,
    body: {...whole, ...("program_id" in shape ? {program_id: new OneOf([shape.program_id!, "*"])} : {})},
  };
}

/** The log without times and hashes. */
function auditShape({status, body}: QuorumAnswer): Output {
  const object = body as ValueObject;
  const entries = (object.get("entries") as ValueObject[]).map((entry) => {
    const data = recordedShape(entry.get("data")!) as {readonly [name: string]: Output};
    const id = data.request_id === undefined ? {} : {request_id: "<request_id>"};
    return {event: entry.get("event") as string, data: {...data, ...id}};
  });
  return {status, audit: {entries, chain_valid: object.get("chain_valid") as boolean}};
}

/** Steps to a cluster, in order. */
export async function scenario(input: Input): Promise<Output[]> {
  const cluster = new Cluster();
  const numbers = (step: Input, name: string) => new Set(step.list(name).map(Number));
  const shapes: Output[] = [];
  for (const step of input.objects("steps")) {
    if (step.has("target")) {
      const answer = await send(cluster, step.text("target"), step);
      shapes.push(step.text("path") === "/audit" ? auditShape(answer) : answerShape(answer));
      continue;
    }
    if (step.has("unreachable_custodians")) cluster.unreachable = numbers(step, "unreachable_custodians");
    else {
      const lost = numbers(step, "unreachable_custodians_from_first_resolve");
      cluster.before = (_index, path) => {
        if (path === "/beaver_resolve_p2p") cluster.unreachable = lost;
      };
    }
    shapes.push(null);
  }
  return shapes;
}

/** Calls to three custodians, with the very answers. */
const replay: Adapter = async (input) => {
  const cluster = new Cluster();
  const shapes: Output[] = [];
  for (const call of input.objects("calls")) {
    const {status, body} = await send(cluster, `${CUSTODIAN}${call.number("custodian")}`, call);
    shapes.push(status === FRAMEWORK_STATUS ? {status} : {status, body: recordedShape(body)});
  }
  return shapes;
};

export const quorumHttpAdapters: Adapters = {
  "coordinator scenarios: sequences of HTTP requests with status and body (results do not depend on the randomness)":
    scenario,
  "custodian replay: requests sent to each of three custodians in order, with the exact status and body of each answer":
    replay,
};
