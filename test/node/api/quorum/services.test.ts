/** The quorum services without sockets: what a coordinator makes of custodians that fail, lie and come back. */
import fc from "fast-check";
import {describe, expect, test} from "vitest";
import {members, type Value, type ValueObject, wireJson} from "../../../../src/codecs/quorum/json.js";
import {type ProgramPackage, packProgram, readPackage} from "../../../../src/codecs/quorum/program-package.js";
import {fetchEntries} from "../../../../src/commands/quorum/audit-entries.js";
import {QsdmError} from "../../../../src/errors.js";
import {answerRequest} from "../../../../src/node/api/quorum/route.js";
import {chainEntry, GENESIS_HASH, verifyChain} from "../../../../src/node/quorum/audit/chain.js";
import {Coordinator} from "../../../../src/node/quorum/coordinator/coordinator.js";
import {compile} from "../../../../src/node/quorum/language/compile.js";
import {evaluate} from "../../../../src/node/quorum/program/evaluate.js";
import {reconstruct} from "../../../../src/node/quorum/sharing/shamir.js";
import {withPolicy} from "../../../support/packages.js";
import {Cluster, draw} from "../../../support/quorum-cluster.js";
import {programs, SQUARE} from "../../quorum/programs.js";

const LOOSE = {policy: {costPerEval: 1n, budgetPerIdentity: 1_000n, maxEvalsPerMinute: 1_000n}};
const square = packProgram(compile(SQUARE), LOOSE);
const CUBE = packProgram(compile("input x\nmul a = x x\nmul y = a x\noutput y"), LOOSE);
const ask = (cluster: Cluster, {programId}: ProgramPackage, x: bigint, identity = "alice") =>
  cluster.service.evaluate({identity, programId, requestId: `r${Math.random()}`, inputs: new Map([["x", x]])});
const codeOf = async (work: Promise<unknown>): Promise<string> => {
  try {
    await work;
    return "done";
  } catch (error) {
    if (error instanceof QsdmError) return error.code;
    throw error;
  }
};
const left = (cluster: Cluster, {programId}: ProgramPackage): number =>
  cluster.service.coordinator.poolRemaining(programId);

describe("an evaluation", () => {
  test("of any program gives what it gives in the clear", async () => {
    await fc.assert(
      fc.asyncProperty(programs(), async ({ir, inputs, secrets}) => {
        const cluster = new Cluster();
        const program = packProgram(ir, LOOSE);
        await cluster.run(program, {secrets});
        const request = {identity: "a", programId: program.programId, requestId: "r", inputs};
        expect([...(await cluster.service.evaluate(request))]).toEqual([...evaluate(ir, {inputs, secrets})]);
      }),
      {numRuns: 40},
    );
  });

  test("on 4 of 7 is right or refused, whoever fails whenever, and goes on being right afterwards", async () => {
    const failures = fc.array(fc.record({index: fc.nat(6), after: fc.nat(60)}), {maxLength: 5});
    await fc.assert(
      fc.asyncProperty(failures, async (lost) => {
        const cluster = new Cluster({n: 7, known: 7, k: 4});
        await cluster.run(CUBE);
        let calls = 0;
        cluster.before = () => {
          calls++;
          cluster.unreachable = new Set(lost.filter(({after}) => after < calls).map(({index}) => index));
        };
        const gone = new Set(lost.map(({index}) => index)).size;
        const outcome = await ask(cluster, CUBE, 3n).catch((error: unknown) => error);
        if (outcome instanceof Map) expect(outcome.get("y")).toBe(27n);
        else expect((outcome as QsdmError).code).toBe("CUSTODIANS_MISSING");
        if (gone <= 3) expect(outcome).toBeInstanceOf(Map);
        cluster.before = () => undefined;
        cluster.unreachable = new Set();
        expect((await ask(cluster, CUBE, 5n)).get("y")).toBe(125n);
      }),
      {numRuns: 40},
    );
  });

  test("without enough custodians costs the identity nothing but a triple", async () => {
    const one = packProgram(square.ir, {policy: {...LOOSE.policy, budgetPerIdentity: 1n, maxEvalsPerMinute: 1n}});
    const cluster = new Cluster();
    await cluster.run(one);
    cluster.unreachable = new Set([0, 1]);
    expect(await codeOf(ask(cluster, one, 1n))).toBe("CUSTODIANS_MISSING");
    cluster.unreachable = new Set();
    expect([(await ask(cluster, one, 1n)).get("y"), left(cluster, one)]).toEqual([64n, 3]);
    expect(await codeOf(ask(cluster, one, 1n))).toBe("POLICY_REFUSED");
  });

  for (const path of ["/eval_beaver", "/beaver_resolve_p2p"])
    test(`a custodian that lies in its answer to ${path} is noticed where a third one answers`, async () => {
      const cluster = new Cluster();
      await cluster.run(square);
      cluster.tamper = (index, at, answer) => (index === 1 && at === path ? bent(answer) : answer);
      expect(await codeOf(ask(cluster, square, 3n))).toBe("CUSTODIANS_DISAGREE");
    });

  test("an answer that is no answer drops its custodian", async () => {
    for (const answer of [null, [], "done", members({status: "done"}), members({status: "mul_pending"}), 7n]) {
      const cluster = new Cluster();
      await cluster.run(square);
      cluster.tamper = (index, _path, sound) => (index === 2 ? answer : sound);
      expect((await ask(cluster, square, 3n)).get("y")).toBe(100n);
    }
  });

  test("a custodian that always wants another round does not keep it going", async () => {
    const cluster = new Cluster();
    await cluster.run(square);
    let pending: Value = null;
    cluster.tamper = (_index, path, answer) => {
      if (path === "/eval_beaver") pending = answer;
      return path === "/beaver_resolve_p2p" ? pending : answer;
    };
    expect(await codeOf(ask(cluster, square, 3n))).toBe("CUSTODIANS_MISSING");
  });

  test("of programs under way at once do not disturb one another", async () => {
    const cluster = new Cluster();
    await cluster.run(square, {pool: 20});
    const xs = Array.from({length: 20}, (_, at) => BigInt(at));
    const results = await Promise.all(xs.map((x) => ask(cluster, square, x)));
    expect(results.map((each) => each.get("y"))).toEqual(xs.map((x) => (x + 7n) ** 2n));
  });
});

/** The answer with its first share moved by one. */
function bent(answer: Value): Value {
  const copy = new Map(answer as ValueObject);
  const requests = copy.get("mul_requests") as ValueObject[] | undefined;
  if (requests) {
    const [first, ...rest] = requests;
    const epsilon = BigInt(first!.get("epsilon_share") as string) + 1n;
    return copy.set("mul_requests", [new Map([...first!, ["epsilon_share", `${epsilon}`]]), ...rest]);
  }
  return copy.set("y", `${BigInt(copy.get("y") as string) + 1n}`);
}

test("evaluations at once are right, however long each call is on its way", async () => {
  const cluster = new Cluster();
  await cluster.run(square, {pool: 30});
  cluster.delay = () => new Promise((resolve) => setTimeout(resolve, Math.random() * 8));
  const xs = Array.from({length: 30}, (_, at) => BigInt(at));
  const results = await Promise.all(xs.map((x) => ask(cluster, square, x)));
  expect(results.map((each) => each.get("y"))).toEqual(xs.map((x) => (x + 7n) ** 2n));
});

test("a custodian that hangs holds evaluations up by one time limit, however many are at once", async () => {
  const cluster = new Cluster({n: 3, known: 3, k: 2}, {beginTimeoutMs: 300});
  await cluster.run(square, {pool: 10});
  cluster.delay = (path, index) => (index === 2 && path === "/eval_beaver" ? new Promise(() => undefined) : now());
  const xs = Array.from({length: 10}, (_, at) => BigInt(at));
  const results = await Promise.all(xs.map((x) => ask(cluster, square, x)));
  expect(results.map((each) => each.get("y"))).toEqual(xs.map((x) => (x + 7n) ** 2n));
});
const now = async (): Promise<void> => undefined;

test("triples that are dealt at once all arrive, however long each delivery is on its way", async () => {
  const cluster = new Cluster();
  await cluster.run(square, {pool: 0});
  let first = true;
  cluster.delay = async (path) => {
    if (path !== "/install_beaver") return;
    const waits = first;
    first = false;
    if (waits) await new Promise((resolve) => setTimeout(resolve, 20));
  };
  const {programId} = square;
  expect(await Promise.all([cluster.service.replenish(programId, 2), cluster.service.replenish(programId, 2)])).toEqual(
    [2, 4],
  );
  // The first custodian's came late, and it is needed.
  cluster.unreachable = new Set([1]);
  for (let x = 0n; x < 4n; x++) expect((await ask(cluster, square, x)).get("y")).toBe((x + 7n) ** 2n);
});

describe("the audit log", () => {
  const page = async (cluster: Cluster, query = "") => {
    const answer = await answerRequest(cluster.coordinator, {method: "GET", path: "/audit", query, body: ""});
    return {status: answer.status, body: answer.body as ValueObject};
  };

  test("is served in parts, the first of which is all that a small one has", async () => {
    const cluster = new Cluster();
    await cluster.run(square);
    expect([...(await page(cluster)).body.keys()]).toEqual(["entries", "chain_valid"]);
    for (let n = 0; n < 5_000; n++) cluster.service.coordinator.note("reshare", {});
    const first = (await page(cluster)).body;
    expect((first.get("entries") as Value[]).length).toBe(5_000);
    expect(first.get("next")).toBe(5_000n);
    const last = (await page(cluster, "from=5000")).body;
    expect([(last.get("entries") as Value[]).length, last.get("next")]).toEqual([4, undefined]);
    expect([first.get("chain_valid"), last.get("chain_valid")]).toEqual([true, true]);
    const client = {get: async (path: string) => (await page(cluster, path.split("?")[1])).body};
    const entries = await fetchEntries(client);
    expect([entries.length, verifyChain(entries)]).toEqual([5_004, true]);
    for (const from of ["-1", "x", "01"]) expect((await page(cluster, `from=${from}`)).status).toBe(400);
  });

  test("that was changed is never valid again", () => {
    const entries = [chainEntry({timestamp: 1, event: "install", data: members({})}, GENESIS_HASH)];
    const forged = {...entries[0]!, event: "approve"};
    const store = {load: () => ({programs: [], allowances: []}), auditEntries: (from: number) => [forged].slice(from)};
    const options = {threshold: 2, custodians: [], approvalKeys: [], maxTracked: 1};
    const coordinator = new Coordinator(options, store as never, draw, () => 0);
    expect([coordinator.audit().valid, coordinator.audit().valid]).toEqual([false, false]);
  });
});

describe("a program", () => {
  test("installed again is pending again, and its old triples are left behind", async () => {
    const cluster = new Cluster();
    await cluster.run(square);
    await ask(cluster, square, 1n);
    await cluster.service.install(square, {generate: true, size: 2});
    expect(await codeOf(ask(cluster, square, 1n))).toBe("PROGRAM_NOT_ACTIVE");
    await cluster.run(square, {pool: 2});
    expect([(await ask(cluster, square, 2n)).get("y"), left(cluster, square)]).toEqual([81n, 1]);
  });

  test("is approved once by each custodian that holds it, and stays active with more", async () => {
    const cluster = new Cluster();
    await cluster.run(square);
    const {coordinator} = cluster.service;
    const tag = cluster.machines[2]!.approve(square.programId);
    for (let times = 0; times < 2; times++)
      expect(coordinator.approve(square.programId, 2n, tag)).toMatchObject({status: "ACTIVE", approvals: [0, 1, 2]});
    const events = coordinator.audit().entries.map(({event}) => event);
    expect(events).toEqual(["install", "approve", "approve", "activate", "approve", "approve"]);
  });

  test("is refused where it compares, which these services cannot", async () => {
    const cluster = new Cluster();
    const compares = packProgram(compile("input x\nlt y = x x\noutput y"), LOOSE);
    expect(await codeOf(cluster.service.install(compares, {generate: true, size: 1}))).toBe("OPERATION_UNSUPPORTED");
    expect(() => cluster.service.coordinator.poolRemaining(compares.programId)).toThrow(
      expect.objectContaining({code: "PROGRAM_NOT_FOUND"}),
    );
  });

  test("is refused where its policy has a control that these services do not enforce; what nobody knows is passed over", async () => {
    const cluster = new Cluster();
    for (const policy of [{budgetTotal: 5n}, {minSpacingMs: 5n}]) {
      const limited = packProgram(square.ir, {policy});
      expect(await codeOf(cluster.service.install(limited, {generate: true, size: 1}))).toBe("POLICY_UNSUPPORTED");
      expect(() => cluster.service.coordinator.poolRemaining(limited.programId)).toThrow();
    }
    const noted = readPackage(withPolicy(square, {note: "mine"}));
    await cluster.service.install(noted, {generate: true, size: 1});
    expect(cluster.service.coordinator.poolRemaining(noted.programId)).toBe(1);
  });

  test("is not dealt more triples at once than can be made in one go", async () => {
    const wide = packProgram(compile(`input x\ndot y =${" x x".repeat(50)}\noutput y`), LOOSE);
    const cluster = new Cluster();
    expect(await codeOf(cluster.service.install(wide, {generate: true, size: 10_000}))).toBe("DEAL_TOO_LARGE");
  });

  test("gets its triples in parts, numbered through", async () => {
    const cluster = new Cluster();
    await cluster.run(square, {pool: 5_000});
    expect(cluster.calls.filter(({path}) => path === "/install_beaver")).toHaveLength(6);
    expect((await ask(cluster, square, 1n)).get("y")).toBe(64n);
  });
});

describe("resharing", () => {
  const held = (cluster: Cluster, index: number) => {
    const x = BigInt(index + 1);
    return {x, y: cluster.machines[index]!.interpolationTerm({programId: square.programId}, 99n, [x])};
  };
  const secretOf = (cluster: Cluster, ...indices: number[]): bigint =>
    reconstruct(indices.map((index) => held(cluster, index)));

  test("where too few apply it, nobody of them is taken for current, until they were told again", async () => {
    const cluster = new Cluster();
    await cluster.run(square, {secret: 55n});
    cluster.before = (index, path) => {
      if (path === "/reshare_apply") cluster.unreachable = new Set(index === 0 ? [] : [1, 2]);
    };
    expect(await codeOf(cluster.service.reshare(square.programId))).toBe("CUSTODIANS_MISSING");
    expect(cluster.service.coordinator.record(square.programId).holders.every(({stale}) => stale)).toBe(true);
    expect(await codeOf(cluster.service.reshare(square.programId))).toBe("CUSTODIANS_MISSING");
    cluster.before = () => undefined;
    cluster.unreachable = new Set();
    expect(await cluster.service.reshare(square.programId)).toBe(3);
    expect([secretOf(cluster, 0, 1), secretOf(cluster, 1, 2)]).toEqual([55n, 55n]);
    expect((await ask(cluster, square, 3n)).get("y")).toBe(100n);
  });

  test("two at once follow each other", async () => {
    const cluster = new Cluster();
    await cluster.run(square, {secret: 55n});
    await Promise.all([1, 2, 3].map(() => cluster.service.reshare(square.programId)));
    for (const pair of [
      [0, 1],
      [1, 2],
      [0, 2],
    ])
      expect(secretOf(cluster, ...pair)).toBe(55n);
  });

  test("after a rotation evaluations run on the new custodians (defect D13)", async () => {
    const cluster = new Cluster({n: 4, known: 3, k: 2});
    await cluster.run(square, {secret: 55n});
    const {programId} = square;
    const plan = await cluster.service.rotate(programId, {retire: [0n], onboardUrls: ["3"], onboardXs: []});
    expect(plan.newcomers.map(({x}) => x)).toEqual([4n]);
    expect([secretOf(cluster, 1, 3), secretOf(cluster, 2, 3), left(cluster, square)]).toEqual([55n, 55n, 5]);
    expect(() => held(cluster, 0)).toThrow("No secret share");
    cluster.unreachable = new Set([1]);
    expect((await ask(cluster, square, 3n)).get("y")).toBe(100n);
    expect(cluster.service.coordinator.audit()).toMatchObject({valid: true});
    expect(cluster.service.coordinator.audit().entries.at(-2)).toMatchObject({event: "rotate"});
  });

  test("a rotation whose newcomer does not answer changes nothing", async () => {
    const cluster = new Cluster({n: 4, known: 3, k: 2});
    await cluster.run(square, {secret: 55n});
    cluster.unreachable = new Set([3]);
    const rotation = {retire: [0n], onboardUrls: ["3"], onboardXs: []};
    expect(await codeOf(cluster.service.rotate(square.programId, rotation))).toBe("CUSTODIANS_MISSING");
    for (const pair of [
      [0, 1],
      [1, 2],
      [0, 2],
    ])
      expect(secretOf(cluster, ...pair)).toBe(55n);
    expect(cluster.service.coordinator.record(square.programId).holders).toHaveLength(3);
  });

  test("a rotation that cannot be is refused before anyone is asked", async () => {
    const cluster = new Cluster();
    await cluster.run(square);
    const asked = cluster.calls.length;
    for (const rotation of [
      {retire: [1n, 1n], onboardUrls: [], onboardXs: []},
      {retire: [], onboardUrls: ["3"], onboardXs: [1n]},
      {retire: [], onboardUrls: ["3"], onboardXs: [0n]},
      {retire: [], onboardUrls: ["3", "4"], onboardXs: [9n, 9n]},
      {retire: [], onboardUrls: ["3"], onboardXs: [8n, 9n]},
      {retire: [], onboardUrls: ["3"], onboardXs: [2n ** 127n]},
    ])
      expect(await codeOf(cluster.service.rotate(square.programId, rotation))).toBe("ROTATION_INVALID");
    expect(cluster.calls).toHaveLength(asked);
  });
});

describe("a program's secrets", () => {
  const line = packProgram(compile("input x\nsecret w\nsecret b\nmul t = w x\nadd y = t b\noutput y"), LOOSE);
  const secrets = new Map([
    ["w", 3n],
    ["b", 4n],
  ]);
  const {programId} = line;
  const running = async (shape = {n: 4, known: 3, k: 2}): Promise<Cluster> => {
    const cluster = new Cluster(shape);
    await cluster.run(line, {secrets, pool: 60});
    return cluster;
  };

  test("are operands of the evaluation (defect D1), and nothing that a client sends replaces them", async () => {
    const inputs = new Map([
      ["x", 10n],
      ["w", 0n],
    ]);
    const request = {identity: "a", programId, requestId: "r", inputs};
    expect([...(await (await running()).service.evaluate(request))]).toEqual([["y", 34n]]);
  });

  test("must all be there at enough custodians", async () => {
    const cluster = new Cluster();
    await cluster.run(line, {secrets});
    for (const index of [0, 1])
      cluster.machines[index]!.install(line, {x: BigInt(index + 1), y: 1n}, new Map([["b", {x: 99n, y: 1n}]]));
    expect(await codeOf(ask(cluster, line, 10n))).toBe("CUSTODIANS_MISSING");
  });

  test("are those that the program declares", () => {
    const cluster = new Cluster();
    const stray = new Map([["v", {x: 1n, y: 1n}]]);
    expect(() => cluster.machines[0]!.install(line, {x: 1n, y: 1n}, stray)).toThrow("no secret 'v'");
  });

  test("stay what they are through resharings, also while evaluations run", async () => {
    const cluster = await running();
    const work = Array.from({length: 20}, (_, at) =>
      at % 4 === 3 ? cluster.service.reshare(programId) : ask(cluster, line, BigInt(at)),
    );
    const results = await Promise.all(work);
    for (const [at, result] of results.entries())
      expect(result instanceof Map ? result.get("y") : result).toBe(at % 4 === 3 ? 3 : BigInt(3 * at + 4));
  });

  test("are not evaluated on the shares of a custodian that missed a resharing, until it has new ones", async () => {
    const cluster = await running();
    cluster.unreachable = new Set([1]);
    await cluster.service.reshare(programId);
    cluster.unreachable = new Set([0]);
    expect(await codeOf(ask(cluster, line, 1n))).toBe("CUSTODIANS_MISSING");
    cluster.unreachable = new Set();
    await cluster.service.reshare(programId);
    cluster.unreachable = new Set([0]);
    expect((await ask(cluster, line, 1n)).get("y")).toBe(7n);
  });

  for (const kind of ["reshare", "rotate"] as const)
    test(`are not evaluated over shares of before and after a ${kind} whose answers were lost`, async () => {
      const cluster = await running();
      const {service} = cluster;
      // 0 applies it and says so, 1 applies it and is not heard, 2 is not reached.
      cluster.before = (index, path) => {
        cluster.unreachable = new Set(path === "/reshare_apply" && index === 2 ? [2] : []);
      };
      cluster.tamper = (index, path, answer) => (index === 1 && path === "/reshare_apply" ? null : answer);
      const rotation = {retire: [], onboardUrls: ["3"], onboardXs: []};
      const work = kind === "reshare" ? service.reshare(programId) : service.rotate(programId, rotation);
      expect(await codeOf(work)).toBe("CUSTODIANS_MISSING");
      cluster.tamper = (_index, _path, answer) => answer;
      cluster.before = () => {
        cluster.unreachable = new Set([0]);
      };
      expect(await codeOf(ask(cluster, line, 1n))).toBe("CUSTODIANS_MISSING");
      expect(left(cluster, line)).toBe(60);
    });

  for (const kind of ["reshare", "rotate"] as const)
    test(`are evaluated again once a ${kind} whose answers were lost was told again`, async () => {
      const cluster = await running();
      const {service} = cluster;
      // 0 applies it and says so, 1 applies it for one of two secrets and is not heard, 2 is not reached.
      let heard = 0;
      cluster.before = (index, path) => {
        const lost = index === 2 || (index === 1 && heard++ > 0);
        cluster.unreachable = new Set(path === "/reshare_apply" && lost ? [index] : []);
      };
      cluster.tamper = (index, path, answer) => (index === 1 && path === "/reshare_apply" ? null : answer);
      const rotation = {retire: [], onboardUrls: ["3"], onboardXs: []};
      const work = () => (kind === "reshare" ? service.reshare(programId) : service.rotate(programId, rotation));
      expect(await codeOf(work())).toBe("CUSTODIANS_MISSING");
      cluster.tamper = (_index, _path, answer) => answer;
      // 2 stays away: those that are left have it from before and after.
      cluster.before = () => {
        cluster.unreachable = new Set([2]);
      };
      await work();
      expect((await ask(cluster, line, 10n)).get("y")).toBe(34n);
      cluster.before = () => {
        cluster.unreachable = new Set();
      };
      await service.reshare(programId);
      cluster.before = () => {
        cluster.unreachable = new Set([0]);
      };
      expect((await ask(cluster, line, 10n)).get("y")).toBe(34n);
    });

  test("held by too few are not evaluated: 503, and neither budget nor triples are touched", async () => {
    const once = packProgram(line.ir, {policy: {...LOOSE.policy, budgetPerIdentity: 1n}});
    const cluster = new Cluster();
    await cluster.run(once, {secrets});
    const {coordinator} = cluster.service;
    const {holders} = coordinator.record(once.programId);
    coordinator.setHolders(
      once.programId,
      holders.map((holder, at) => ({...holder, stale: at > 0})),
    );
    const request = `{"identity_id":"a","program_id":"${once.programId}","inputs":{"x":2}}`;
    const evaluate = () => answerRequest(cluster.coordinator, {method: "POST", path: "/eval", body: request});
    const entries = coordinator.audit().entries.length;
    expect([(await evaluate()).status, left(cluster, once), coordinator.audit().entries.length]).toEqual([
      503,
      5,
      entries,
    ]);
    coordinator.setHolders(once.programId, holders);
    expect((await evaluate()).status).toBe(200);
  });

  test("come along to the custodians that a rotation brings in", async () => {
    const cluster = await running();
    await cluster.service.rotate(programId, {retire: [0n, 1n].slice(0, 1), onboardUrls: ["3"], onboardXs: []});
    cluster.unreachable = new Set([1]);
    expect((await ask(cluster, line, 5n)).get("y")).toBe(19n);
  });
});

describe("a custodian refuses", () => {
  const send = async (cluster: Cluster, path: string, body: string, method = "POST") => {
    const answer = await answerRequest(cluster.custodians[0]!, {method, path, body});
    expect(answer.bug).toBeUndefined();
    return answer;
  };
  const begun = async (): Promise<Cluster> => {
    const cluster = new Cluster();
    await cluster.run(square);
    const body = `{"program_id":"${square.programId}","request_id":"r","input_shares":{"x":{"x":1,"y":"5"}}}`;
    expect((await send(cluster, "/eval_beaver", body)).status).toBe(200);
    return cluster;
  };
  const shares = (from: string, node = "y"): string =>
    `{"request_id":"r","from_custodian":${from},"shares":[{"node_id":"${node}","epsilon_share":1,"delta_share":"2"}]}`;

  test("shares from nobody, for nothing, or twice (defect D17)", async () => {
    const cluster = await begun();
    const statuses = [];
    for (const body of [shares("0"), shares("-1"), shares(`${2n ** 127n}`), shares("2", "t"), shares("2"), shares("2")])
      statuses.push((await send(cluster, "/beaver_shares", body)).status);
    expect(statuses).toEqual([400, 400, 400, 400, 200, 409]);
  });

  test("shares twice before their evaluation began, and uses the first", async () => {
    const cluster = new Cluster();
    await cluster.run(square);
    expect((await send(cluster, "/beaver_shares", shares("2"))).status).toBe(200);
    expect((await send(cluster, "/beaver_shares", shares("2"))).status).toBe(409);
    const {programId} = square;
    const body = `{"program_id":"${programId}","request_id":"r","input_shares":{"x":{"x":1,"y":"5"}}}`;
    await send(cluster, "/eval_beaver", body);
    const resolve = `{"program_id":"${programId}","request_id":"r","mul_node_ids":["y"]}`;
    expect((await send(cluster, "/beaver_resolve_p2p", resolve)).status).toBe(200);
  });

  test("a request id that is under way, and a triple that was used", async () => {
    const cluster = await begun();
    const body = (requestId: string, triple: number): string =>
      `{"program_id":"${square.programId}","request_id":"${requestId}","input_shares":{"x":{"x":1,"y":"5"}},"triple_index":${triple}}`;
    const statuses = [];
    for (const each of [body("r", 1), body("s", 0), body("s", 9), body("s", 3), body("t", 2)])
      statuses.push((await send(cluster, "/eval_beaver", each)).status);
    expect(statuses).toEqual([409, 409, 409, 200, 409]);
  });

  test("to deliver a triple number twice", async () => {
    const cluster = await begun();
    const triple = '{"a":[1,1],"b":[1,2],"c":[1,3]}';
    const body = (first: number): string =>
      `{"program_id":"${square.programId}","triple_shares":{"y":${triple}},"first_index":${first}}`;
    expect((await send(cluster, "/install_beaver", body(4))).status).toBe(409);
    expect((await send(cluster, "/install_beaver", body(5))).status).toBe(200);
  });

  test("to give the value at 0, in any spelling (defect D3)", async () => {
    const cluster = await begun();
    for (const target of ["0", `${2n ** 127n - 1n}`, '"-170141183460469231731687303715884105727"']) {
      const body = `{"program_id":"${square.programId}","target_x":${target},"participant_x_coords":[1,2]}`;
      expect((await send(cluster, "/reshare_lagrange_partial", body)).status).toBe(400);
    }
  });

  test("a share with the package of another program, and approves neither", async () => {
    const cluster = new Cluster();
    const other = wireJson(CUBE.source);
    const body = (x: number, id: string): string =>
      `{"program_id":"${id}","share_x":${x},"share_y":"5","program_package":${other}}`;
    const {status, body: refusal} = await send(cluster, "/reshare_set_share", body(1, square.programId));
    expect([status, wireJson(refusal)]).toEqual([400, `{"detail":"the package is program ${CUBE.programId}"}`]);
    for (const {programId} of [square, CUBE])
      expect((await send(cluster, "/approve", `{"program_id":"${programId}"}`)).status).toBe(404);
    expect((await send(cluster, "/reshare_set_share", body(1, CUBE.programId))).status).toBe(200);
  });

  test("a share at the x of another custodian, for a program that reads it or comes along", async () => {
    const cluster = new Cluster();
    await cluster.run(square);
    const reader = packProgram(compile("secret s\noutput s"), LOOSE);
    await cluster.run(reader, {secrets: new Map([["s", 6n]])});
    const bare = `{"program_id":"${reader.programId}","share_x":2,"share_y":"5"}`;
    expect((await send(cluster, "/reshare_set_share", bare)).status).toBe(400);
    const body = ({programId, source}: ProgramPackage): string =>
      `{"program_id":"${programId}","share_x":2,"share_y":"5","program_package":${wireJson(source)}}`;
    for (const program of [square, CUBE])
      expect((await send(cluster, "/reshare_set_share", body(program))).status).toBe(400);
    expect((await send(cluster, "/approve", `{"program_id":"${CUBE.programId}"}`)).status).toBe(404);
  });

  test("to multiply its shares of a secret without triples", async () => {
    const program = packProgram(compile("secret s\nmul y = s s\noutput y"), LOOSE);
    const sum = packProgram(compile("secret s\nadd y = s s\noutput y"), LOOSE);
    const cluster = new Cluster();
    for (const each of [program, sum]) await cluster.run(each, {secrets: new Map([["s", 6n]])});
    const body = ({programId}: ProgramPackage): string =>
      `{"program_id":"${programId}","request_id":"r","input_shares":{}}`;
    expect((await send(cluster, "/eval_share", body(program))).status).toBe(409);
    expect((await send(cluster, "/eval_share", body(sum))).status).toBe(200);
  });

  test("to go on with half a batch", async () => {
    const two = packProgram(compile("input x\nmul a = x x\nmul b = x x\noutput a b"), LOOSE);
    const cluster = new Cluster();
    await cluster.run(two);
    const head = `{"program_id":"${two.programId}","request_id":"r",`;
    await send(cluster, "/eval_beaver", `${head}"input_shares":{"x":{"x":1,"y":"5"}}}`);
    const half = `${head}"resolutions":[{"node_id":"a","epsilon":1,"delta":1}]}`;
    expect((await send(cluster, "/beaver_round2", half)).status).toBe(400);
  });

  test("bodies that do not fit, each fault with its place, in the reference's words", async () => {
    const {body} = await send(
      new Cluster(),
      "/install_beaver",
      '{"triple_shares":{"y":[{"a":[1,"x"],"b":[1],"c":7}]}}',
    );
    expect(JSON.parse(wireJson(body))).toEqual({
      detail: [
        {
          type: "missing",
          loc: ["body", "program_id"],
          msg: "Field required",
          input: {triple_shares: {y: [{a: [1, "x"], b: [1], c: 7}]}},
        },
        {
          type: "int_parsing",
          loc: ["body", "triple_shares", "y", 0, "a", 1],
          msg: "Input should be a valid integer, unable to parse string as an integer",
          input: "x",
        },
        {
          type: "value_error",
          loc: ["body", "triple_shares", "y", 0, "b"],
          msg: "Value error, a share is [x, y]",
          input: [1],
        },
        {type: "list_type", loc: ["body", "triple_shares", "y", 0, "c"], msg: "Input should be a valid list", input: 7},
      ],
    });
  });

  test("what is no JSON, and numbers as other clients write them are taken", async () => {
    expect((await send(new Cluster(), "/approve", "{")).status).toBe(422);
    const cluster = await begun();
    const body = `{"program_id":"${square.programId}","target_x_coords":[1.0,"2"," 3 "],"k":"2"}`;
    expect((await send(cluster, "/reshare_generate", body)).status).toBe(200);
    for (const k of ["0", "257", "1.5", "true", "null"])
      expect((await send(cluster, "/reshare_generate", body.replace('"k":"2"', `"k":${k}`))).status).toBe(422);
  });
});
