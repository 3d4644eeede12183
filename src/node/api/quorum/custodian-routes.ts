/** A custodian's HTTP API, as the reference serves it. */
import {custodianBodies as bodies, outputsBody, pendingBody} from "../../../codecs/quorum/custodian-bodies.js";
import {members, type Value} from "../../../codecs/quorum/json.js";
import {readPackage} from "../../../codecs/quorum/program-package.js";
import type {Custodian} from "../../quorum/custodian/custodian.js";
import type {Progress} from "../../quorum/custodian/evaluation.js";
import {get, post, type QuorumRoute, remove} from "./route.js";

type Named = {readonly x: bigint; readonly y: bigint};
const values = (shares: ReadonlyMap<string, Named>): ReadonlyMap<string, bigint> =>
  new Map([...shares].map(([name, {y}]) => [name, y]));

/** @param nowMs milliseconds of a clock that never goes back */
export function custodianRoutes(custodian: Custodian, nowMs: () => number): readonly QuorumRoute[] {
  const {index} = custodian.options;
  const own = BigInt(index);
  const progressBody = (progress: Progress, requestId: string): Value =>
    progress.status === "pending"
      ? pendingBody(progress.products, requestId)
      : outputsBody({x: custodian.x, outputs: progress.outputs}, requestId, "done");
  return [
    post("/install", bodies.install, ({program_package, share_x, share_y, secret_shares}) => {
      custodian.install(readPackage(program_package), {x: share_x, y: share_y}, secret_shares ?? new Map());
      return members({status: "installed", custodian: own});
    }),
    post("/install_beaver", bodies.installBeaver, ({program_id, triple_shares, first_index}) => {
      const delivered = [...triple_shares].map(
        ([node, triples]) => [node, triples.map(({a, b, c}) => ({a: a.y, b: b.y, c: c.y}))] as const,
      );
      const installed = custodian.addTriples(program_id, new Map(delivered), first_index);
      return members({status: "beaver_installed", custodian: own, triples_installed: BigInt(installed)});
    }),
    post("/approve", bodies.approve, ({program_id}) => {
      const signature = custodian.approve(program_id);
      return members({custodian_index: own, program_id, signature});
    }),
    post("/eval_share", bodies.evaluate, ({program_id, request_id, input_shares}) => {
      const outputs = custodian.evaluateLocally(program_id, values(input_shares));
      return outputsBody({x: custodian.x, outputs}, request_id);
    }),
    post("/eval_beaver", bodies.evaluate, ({program_id, request_id, input_shares, triple_index}) => {
      const request = {
        programId: program_id,
        requestId: request_id,
        inputs: values(input_shares),
        triple: triple_index,
      };
      return progressBody(custodian.begin(request, nowMs()), request_id);
    }),
    post("/beaver_shares", bodies.beaverShares, ({request_id, from_custodian, shares}) => {
      const products = shares.map(({node_id, epsilon_share, delta_share}) => ({
        node: node_id,
        masked: {epsilon: epsilon_share, delta: delta_share},
      }));
      custodian.receive(request_id, {from: from_custodian, shares: products}, nowMs());
      return members({status: "received", custodian: own});
    }),
    post("/beaver_resolve_p2p", bodies.resolve, ({request_id, mul_node_ids}) =>
      progressBody(custodian.resolveHeld(request_id, mul_node_ids), request_id),
    ),
    post("/beaver_round2", bodies.round2, ({request_id, resolutions}) => {
      const opened = resolutions.map(({node_id, epsilon, delta}) => [node_id, {epsilon, delta}] as const);
      return progressBody(custodian.resolveGiven(request_id, new Map(opened)), request_id);
    }),
    post("/reshare_generate", bodies.reshareGenerate, ({program_id, target_x_coords, k, secret_name, refresh_id}) => {
      const secret = {programId: program_id, name: secret_name};
      const dealt = custodian.dealRefresh(secret, {targets: target_x_coords, k});
      const subShares = target_x_coords.map((x, at) => [`${x}`, `${dealt[at]}`] as const);
      // Said back, so that the coordinator knows that a refresh may be sent again.
      const named = refresh_id === null ? {} : {refresh_id};
      return members({custodian: own, sub_shares: new Map(subShares), ...named});
    }),
    post("/reshare_apply", bodies.reshareApply, ({program_id, sub_shares, secret_name, refresh_id}) => {
      const x = custodian.applyRefresh({programId: program_id, name: secret_name}, sub_shares, refresh_id);
      return members({custodian: own, status: "reshared", x});
    }),
    post(
      "/reshare_set_share",
      bodies.reshareSetShare,
      ({program_id, share_x, share_y, program_package, secret_name}) => {
        const program = program_package === null ? null : readPackage(program_package);
        const x = custodian.setShare({programId: program_id, name: secret_name}, {x: share_x, y: share_y}, program);
        return members({custodian: own, status: "share_set", x});
      },
    ),
    post(
      "/reshare_lagrange_partial",
      bodies.resharePartial,
      ({program_id, target_x, participant_x_coords, secret_name}) => {
        const partial = custodian.interpolationTerm(
          {programId: program_id, name: secret_name},
          target_x,
          participant_x_coords,
        );
        return members({custodian: own, partial: `${partial}`});
      },
    ),
    remove("/reshare_retire/{program_id}", (programId) => {
      const status = custodian.retire(programId) ? "retired" : "not_found";
      return members({custodian: own, status, program_id: programId});
    }),
    get("/health", () => members({custodian: own, status: "ok"})),
  ];
}
