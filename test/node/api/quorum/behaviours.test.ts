/** Behaviours 72 to 76, 95 to 102 and 128 to 153 of the reference's own tests, by their numbers in the specification. */
import {describe, expect, test} from "vitest";
import {isObject, members, type Value, wireJson} from "../../../../src/codecs/quorum/json.js";
import type {PolicyManifest} from "../../../../src/codecs/quorum/policy.js";
import {type ProgramPackage, packProgram} from "../../../../src/codecs/quorum/program-package.js";
import {answerRequest, type QuorumRoute} from "../../../../src/node/api/quorum/route.js";
import {Coordinator} from "../../../../src/node/quorum/coordinator/coordinator.js";
import {approvalTag, PUBLIC_APPROVAL_KEYS} from "../../../../src/node/quorum/custodian/approval.js";
import {compile} from "../../../../src/node/quorum/language/compile.js";
import {lagrangeAt, reconstruct, share} from "../../../../src/node/quorum/sharing/shamir.js";
import {SqliteCoordinatorStore} from "../../../../src/node/storage/quorum/coordinator-store.js";
import {Cluster, draw} from "../../../support/quorum-cluster.js";
import {SQUARE} from "../../quorum/programs.js";

const program = (policy: PolicyManifest = {}, source = SQUARE): ProgramPackage =>
  packProgram(compile(source), {policy: {budgetPerIdentity: 100n, maxEvalsPerMinute: 600n, ...policy}});
const square = program();
const {programId: id} = square;

/** A call to some routes: status and body as plain JSON. */
async function send(routes: readonly QuorumRoute[], path: string, body?: Readonly<Record<string, Value>>) {
  const method = body ? "POST" : "GET";
  const answer = await answerRequest(routes, {method, path, body: body ? wireJson(members(body)) : ""});
  // biome-ignore lint/suspicious/noExplicitAny: answers are looked into member by member
  return {status: answer.status, body: JSON.parse(wireJson(answer.body)) as any};
}
const evaluate = (cluster: Cluster, packed: ProgramPackage, x: bigint, identity = "alice") =>
  send(cluster.coordinator, "/eval", {identity_id: identity, program_id: packed.programId, inputs: members({x})});
const running = async (packed = square, pool = 5): Promise<Cluster> => {
  const cluster = new Cluster();
  await cluster.run(packed, {pool});
  return cluster;
};
const pool = async (cluster: Cluster, packed = square) =>
  (await send(cluster.coordinator, `/beaver_pool/${packed.programId}`)).body.pool_remaining;
/** An installed program that nobody has approved yet. */
const pending = async (packed = square): Promise<Cluster> => {
  const cluster = new Cluster();
  await send(cluster.coordinator, "/install", {program_package: packed.source});
  return cluster;
};
const approve = (cluster: Cluster, index: number, signature = approvalTag(PUBLIC_APPROVAL_KEYS[index]!, id)) =>
  send(cluster.coordinator, "/approve", {program_id: id, custodian_index: BigInt(index), signature});

describe("end to end", () => {
  test("72, 134, 135: two approvals make a program active, one does not", async () => {
    const cluster = await pending();
    expect((await approve(cluster, 0)).body.status).toBe("PENDING");
    expect((await approve(cluster, 1)).body.status).toBe("ACTIVE");
    expect((await send(cluster.coordinator, `/status/${id}`)).body.status).toBe("ACTIVE");
  });

  test("73, 74: plain values give (5+7)^2 at every custodian, one share does not", async () => {
    const {custodians} = await running();
    const [one] = share(5n, {n: 3, k: 2}, draw);
    const body = (y: bigint) => ({
      program_id: id,
      request_id: "r",
      input_shares: members({x: members({x: 1n, y: `${y}`})}),
    });
    for (const routes of custodians) expect((await send(routes, "/eval_share", body(5n))).body.y).toBe("144");
    expect((await send(custodians[0]!, "/eval_share", body(one!.y))).body.y).not.toBe("144");
  });

  test("75, 142, 143, 144: the third of a budget of two is refused, for its identity alone", async () => {
    const packed = program({budgetPerIdentity: 2n});
    const cluster = await running(packed);
    const answers = [
      await evaluate(cluster, packed, 1n),
      await evaluate(cluster, packed, 2n),
      await evaluate(cluster, packed, 3n),
    ];
    expect(answers.map(({status}) => status)).toEqual([200, 200, 429]);
    expect(answers[2]!.body.detail).toContain("budget");
    expect((await evaluate(cluster, packed, 3n, "bob")).status).toBe(200);
  });

  test("76, 148, 150: the log is unbroken and has at least K + 2 entries after activation", async () => {
    const {entries, chain_valid} = (await send((await running()).coordinator, "/audit")).body;
    expect([entries.length >= 4, chain_valid]).toEqual([true, true]);
    for (const [at, entry] of entries.entries())
      expect(entry.prev_hash).toBe(at === 0 ? "0".repeat(64) : entries[at - 1].entry_hash);
  });
});

describe("Beaver", () => {
  test("95, 96: f(3) = 100 by peer-to-peer products", async () => {
    const cluster = await running();
    const installed = await send(cluster.coordinator, "/install", {program_package: square.source});
    expect(installed.body.beaver_ready).toBe(true);
    await approve(cluster, 0);
    await approve(cluster, 1);
    expect((await evaluate(cluster, square, 3n)).body.result).toBe(100);
    expect((await send(cluster.coordinator, "/audit")).body.entries.at(-1).data.mode).toBe("beaver_p2p");
  });

  test("97: a linear program needs no triples", async () => {
    const linear = program({}, "input x\nconst c = 10\nadd y = x c\noutput y");
    expect((await evaluate(await running(linear), linear, 5n)).body.result).toBe(15);
  });

  test("98, 99, 101: a pool counts down, and an empty one is refused", async () => {
    const cluster = await running(square, 3);
    const results = [];
    for (const x of [3n, 10n, 0n])
      results.push([(await evaluate(cluster, square, x)).body.result, await pool(cluster)]);
    expect(results).toEqual([
      [100, 2],
      [289, 1],
      [49, 0],
    ]);
    expect((await evaluate(cluster, square, 1n)).status).toBe(409);
  });

  test("100: replenished, it goes on", async () => {
    const cluster = await running(square, 1);
    await evaluate(cluster, square, 3n);
    expect((await evaluate(cluster, square, 10n)).status).toBe(409);
    const more = await send(cluster.coordinator, "/replenish_beaver", {program_id: id, pool_size: 2n});
    expect([more.body.pool_remaining, (await evaluate(cluster, square, 10n)).body.result]).toEqual([2, 289]);
  });

  test("102: five right results out of five", async () => {
    const cluster = await running(square, 5);
    for (const x of [0n, 1n, 2n, 3n, 4n])
      expect((await evaluate(cluster, square, x)).body.result).toBe(Number((x + 7n) ** 2n));
    expect(await pool(cluster)).toBe(0);
  });
});

describe("resharing endpoints", () => {
  const held = (cluster: Cluster, index: number) => {
    const x = BigInt(index + 1);
    return {x, y: cluster.machines[index]!.interpolationTerm({programId: id}, 99n, [x])};
  };

  test("128, 129, 130: a round through the endpoints keeps the secret, and every x", async () => {
    const cluster = await running();
    const body = {program_id: id, target_x_coords: [1n, 2n, 3n], k: 2n};
    const dealt = await Promise.all(cluster.custodians.map((routes) => send(routes, "/reshare_generate", body)));
    for (const {body: answer} of dealt) expect(Object.keys(answer.sub_shares)).toEqual(["1", "2", "3"]);
    for (const [at, routes] of cluster.custodians.entries()) {
      const subShares = dealt.map(({body: answer}) => answer.sub_shares[`${at + 1}`] as string);
      expect((await send(routes, "/reshare_apply", {program_id: id, sub_shares: subShares})).body.x).toBe(at + 1);
    }
    expect(reconstruct([held(cluster, 0), held(cluster, 2)])).toBe(42n);
  });

  test("131, 132: retiring forgets, and a share can be set", async () => {
    const cluster = await running();
    const [routes] = cluster.custodians;
    const retired = await answerRequest(routes!, {method: "DELETE", path: `/reshare_retire/${id}`, body: ""});
    expect(isObject(retired.body) && retired.body.get("status")).toBe("retired");
    expect((await send(routes!, "/approve", {program_id: id})).status).toBe(404);
    const set = await send(routes!, "/reshare_set_share", {program_id: id, share_x: 10n, share_y: "999999"});
    expect(set.body).toEqual({custodian: 0, status: "share_set", x: 10});
    expect(cluster.machines[0]!.interpolationTerm({programId: id}, 5n, [10n])).toBe(999_999n);
  });

  test("133: two terms at x = 4 sum to f(4)", async () => {
    const cluster = await running();
    const body = {program_id: id, target_x: 4n, participant_x_coords: [1n, 2n]};
    const terms = await Promise.all(
      [0, 1].map((at) => send(cluster.custodians[at]!, "/reshare_lagrange_partial", body)),
    );
    const sum = terms.reduce((total, {body: answer}) => total + BigInt(answer.partial), 0n) % (2n ** 127n - 1n);
    expect(sum).toBe(lagrangeAt([held(cluster, 0), held(cluster, 1)], 4n));
  });
});

describe("whitepaper", () => {
  test("136, 137, 138: forged, pending and unknown are 403, 400 and 404", async () => {
    const cluster = await pending();
    expect((await approve(cluster, 0, "ab".repeat(32))).status).toBe(403);
    expect((await evaluate(cluster, square, 1n)).status).toBe(400);
    expect((await evaluate(cluster, program({costPerEval: 7n}), 1n)).status).toBe(404);
  });

  test("139, 140, 141: K shares give the secret, and fewer give neither it nor a result", async () => {
    const cluster = await running();
    const shares = [0, 1, 2].map((index) => ({
      x: BigInt(index + 1),
      y: cluster.machines[index]!.interpolationTerm({programId: id}, 99n, [BigInt(index + 1)]),
    }));
    expect([reconstruct(shares.slice(0, 2)), reconstruct(shares.slice(2)) === 42n]).toEqual([42n, false]);
  });

  test("145, 147: the third at two per minute is refused", async () => {
    const packed = program({maxEvalsPerMinute: 2n});
    const cluster = await running(packed);
    const statuses = [];
    for (const x of [1n, 2n, 3n]) statuses.push((await evaluate(cluster, packed, x)).status);
    expect(statuses).toEqual([200, 200, 429]);
  });

  test("146: at 60 per minute a token is back after a second", () => {
    let now = 1_000;
    const options = {threshold: 2, custodians: ["0", "1"], approvalKeys: PUBLIC_APPROVAL_KEYS, maxTracked: 9};
    const coordinator = new Coordinator(options, SqliteCoordinatorStore.open(":memory:"), draw, () => now);
    const linear = program({maxEvalsPerMinute: 60n}, "input x\noutput x");
    coordinator.install(linear, {generate: true, size: 0});
    for (const index of [0, 1])
      coordinator.approve(linear.programId, BigInt(index), approvalTag(PUBLIC_APPROVAL_KEYS[index]!, linear.programId));
    const admit = () =>
      coordinator.admit({identity: "a", programId: linear.programId, requestId: "r", inputs: new Map([["x", 1n]])});
    for (let at = 0; at < 60; at++) admit();
    expect(admit).toThrow("rate limit");
    now += 1.1;
    admit();
    expect(admit).toThrow("rate limit");
  });

  test("custodians that moved are found again under their index, newcomers where they were", () => {
    const store = SqliteCoordinatorStore.open(":memory:");
    const open = (...custodians: string[]) =>
      new Coordinator({threshold: 2, custodians, approvalKeys: [], maxTracked: 9}, store, draw, () => 0);
    const before = open("a", "b");
    before.install(square, {generate: false, size: 0});
    const newcomer = {index: 2, url: "c", configured: false, x: 3n, stale: false};
    before.setHolders(id, [...before.record(id).holders, newcomer]);
    const urls = (coordinator: Coordinator) => coordinator.record(id).holders.map(({url}) => url);
    expect(urls(open("a", "z"))).toEqual(["a", "z", "c"]);
    // One with the index of a custodian that left is not taken for it.
    before.setHolders(id, [before.record(id).holders[0]!, {...newcomer, index: 1, x: 2n}]);
    expect(urls(open("a", "z"))).toEqual(["a", "c"]);
  });

  test("151, 152: one custodian may be down, two may not", async () => {
    const cluster = await running();
    cluster.unreachable = new Set([1]);
    expect((await evaluate(cluster, square, 3n)).body.result).toBe(100);
    cluster.unreachable = new Set([0, 1]);
    expect((await evaluate(cluster, square, 3n)).status).toBe(503);
  });

  test("149, 153: the golden path ends in the log", async () => {
    const packed = program({budgetPerIdentity: 3n});
    const cluster = await running(packed);
    const results = [];
    for (const x of [3n, 10n, 0n, 1n]) results.push((await evaluate(cluster, packed, x)).body.result ?? "denied");
    expect(results).toEqual([100, 289, 49, "denied"]);
    const {entries} = (await send(cluster.coordinator, "/audit")).body;
    const events = entries.map(({event}: {event: string}) => event);
    for (const event of ["install", "approve", "activate", "eval_ok", "eval_denied"]) expect(events).toContain(event);
  });
});
