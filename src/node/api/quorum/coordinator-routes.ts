/** A coordinator's HTTP API, as the reference serves it. */
import {coordinatorBodies as bodies} from "../../../codecs/quorum/coordinator-bodies.js";
import {members, type Value} from "../../../codecs/quorum/json.js";
import {readPackage} from "../../../codecs/quorum/program-package.js";
import {UsageError} from "../../../errors.js";
import type {CoordinatorService} from "./coordinator-service.js";
import {get, post, type QuorumRoute} from "./route.js";

/** @param requestId draws the id of an evaluation, 32 hex digits */
export function coordinatorRoutes(service: CoordinatorService, requestId: () => string): readonly QuorumRoute[] {
  const {coordinator} = service;
  return [
    post("/install", bodies.install, async ({program_package, generate_beaver, beaver_pool_size, share_holders}) => {
      const program = readPackage(program_package);
      const pool = {generate: generate_beaver, size: beaver_pool_size};
      const {ready} = await service.install(program, pool, share_holders && new Set(share_holders));
      const {programId} = program;
      return members({
        status: "installed",
        program_id: programId,
        beaver_ready: ready,
        beaver_pool: BigInt(coordinator.poolRemaining(programId)),
      });
    }),
    post("/approve", bodies.approve, ({program_id, custodian_index, signature}) => {
      const {status, approvals} = coordinator.approve(program_id, custodian_index, signature);
      const needed = BigInt(coordinator.options.threshold);
      return members({status, approvals: BigInt(approvals.length), needed});
    }),
    get("/status/{program_id}", (programId) =>
      members({program_id: programId, status: coordinator.record(programId).status}),
    ),
    post("/eval", bodies.evaluate, async ({identity_id, program_id, inputs}) => {
      const id = requestId();
      const results = await service.evaluate({identity: identity_id, programId: program_id, requestId: id, inputs});
      const [result] = results.values();
      return members({result: result!, request_id: id, ...(results.size > 1 ? {results} : {})});
    }),
    post("/replenish_beaver", bodies.replenish, async ({program_id, pool_size}) => {
      const remaining = await service.replenish(program_id, pool_size);
      return remaining === null
        ? members({status: "no_mul_nodes", program_id})
        : members({status: "replenished", program_id, pool_remaining: BigInt(remaining)});
    }),
    get("/beaver_pool/{program_id}", (programId) =>
      members({
        program_id: programId,
        pool_remaining: BigInt(coordinator.poolRemaining(programId)),
        beaver_ready: coordinator.record(programId).ready,
      }),
    ),
    get("/audit", (_, query) => {
      const {entries, valid, next} = coordinator.audit(fromOf(query));
      const shown = entries.map(
        ({timestamp, event, data, prevHash, entryHash}): Value =>
          members({timestamp, event, data, prev_hash: prevHash, entry_hash: entryHash}),
      );
      // Logs of one part are answered as the reference does.
      return members({entries: shown, chain_valid: valid, ...(next === null ? {} : {next: BigInt(next)})});
    }),
    post("/reshare", bodies.reshare, async ({program_id}) => {
      const participants = await service.reshare(program_id);
      return members({status: "reshared", program_id, participants: BigInt(participants)});
    }),
    post("/rotate", bodies.rotate, async ({program_id, retire_indices, onboard_urls, onboard_x_coords}) => {
      const {survivors, retired, newcomers} = await service.rotate(program_id, {
        retire: retire_indices,
        onboardUrls: onboard_urls,
        onboardXs: onboard_x_coords,
      });
      return members({
        status: "rotated",
        program_id,
        retired: retired.map(({index}) => BigInt(index)),
        onboarded: BigInt(newcomers.length),
        surviving: survivors.map(({index}) => BigInt(index)),
      });
    }),
  ];
}

/** `from` of a query: entries of the log to pass over. @throws UsageError PARAMETER_INVALID */
function fromOf(query: URLSearchParams): number {
  const text = query.get("from") ?? "0";
  if (/^(?:0|[1-9][0-9]{0,14})$/.test(text)) return Number(text);
  throw new UsageError("PARAMETER_INVALID", `from=${text.slice(0, 64)} is not a number of entries`);
}
