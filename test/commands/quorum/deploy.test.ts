/** `qsdm quorum deploy` towards services without sockets. */
import {describe, expect, test} from "vitest";
import {packProgram} from "../../../src/codecs/quorum/program-package.js";
import {Io} from "../../../src/commands/io.js";
import {deploy} from "../../../src/commands/quorum/deploy.js";
import {serviceClient} from "../../../src/commands/quorum/service-client.js";
import {answerRequest, answerText} from "../../../src/node/api/quorum/route.js";
import {compile} from "../../../src/node/quorum/language/compile.js";
import {SQUARE} from "../../node/quorum/programs.js";
import {Cluster, draw} from "../../support/quorum-cluster.js";
import {memoryHost} from "../memory-host.js";

const LOOSE = {policy: {costPerEval: 1n, budgetPerIdentity: 100n, maxEvalsPerMinute: 100n}};
const SECRET = packProgram(compile("input x\nsecret s\nadd y = x s\noutput y"), LOOSE);

/** Services of a cluster as their clients see them. */
function servicesOf(cluster: Cluster, away: ReadonlySet<string> = new Set()) {
  const fetch = async (url: string, {method = "GET", body = ""}: {method?: string; body?: string}) => {
    const {hostname, pathname} = new URL(url);
    if (away.has(hostname)) throw new TypeError("fetch failed");
    const routes = hostname === "coordinator" ? cluster.coordinator : cluster.custodians[Number(hostname.slice(1))]!;
    const answer = await answerRequest(routes, {method, path: pathname, body});
    return new Response(answerText(answer), {status: answer.status});
  };
  const host = {...memoryHost(), fetch: fetch as never};
  const io = new Io(host, {json: false, verbose: false, color: false, input: false, yes: false});
  return {
    coordinator: serviceClient(io, "http://coordinator"),
    custodians: [0, 1, 2].map((index) => serviceClient(io, `http://c${index}`)),
  };
}

test("an active program keeps its secrets: what a custodian had before would fit no other share", async () => {
  const cluster = new Cluster();
  await cluster.run(SECRET, {secrets: new Map([["s", 5n]])});
  const services = servicesOf(cluster);
  const other = {program: SECRET, secrets: new Map([["s", 6n]]), threshold: 2, pool: 0};
  await expect(deploy(other, services, draw)).rejects.toMatchObject({code: "PROGRAM_ACTIVE"});
  const request = {identity: "a", programId: SECRET.programId, requestId: "r", inputs: new Map([["x", 1n]])};
  expect((await cluster.service.evaluate(request)).get("y")).toBe(6n);
});

test("a program with controls of the strict profile is refused before anything is shared", async () => {
  const cluster = new Cluster();
  const program = packProgram(SECRET.ir, {policy: {budgetTotal: 5n}});
  const deployment = {program, secrets: new Map([["s", 5n]]), threshold: 2, pool: 0};
  await expect(deploy(deployment, servicesOf(cluster), draw)).rejects.toMatchObject({
    code: "POLICY_UNSUPPORTED",
    details: {member: "budget_total"},
  });
  expect(() => cluster.machines[0]!.approve(program.programId)).toThrow(
    expect.objectContaining({code: "PROGRAM_NOT_INSTALLED"}),
  );
});

test("a program that compares is refused before anything is shared", async () => {
  const cluster = new Cluster();
  const program = packProgram(compile("input x\nsecret s\nlt y = x s\noutput y"), LOOSE);
  const deployment = {program, secrets: new Map([["s", 5n]]), threshold: 2, pool: 0};
  await expect(deploy(deployment, servicesOf(cluster), draw)).rejects.toMatchObject({code: "OPERATION_UNSUPPORTED"});
  expect(() => cluster.machines[0]!.approve(program.programId)).toThrow(
    expect.objectContaining({code: "PROGRAM_NOT_INSTALLED"}),
  );
});

describe("a pending program that is deployed again with other secrets", () => {
  const given = (value: bigint) => ({program: SECRET, secrets: new Map([["s", value]]), threshold: 2, pool: 0});
  const {programId} = SECRET;
  const evaluate = (cluster: Cluster, absent: number) => {
    cluster.unreachable = new Set([absent]);
    return cluster.service.evaluate({identity: "a", programId, requestId: "r", inputs: new Map([["x", 1n]])});
  };
  const approve = (cluster: Cluster) => {
    for (const index of [0, 1])
      cluster.service.coordinator.approve(programId, BigInt(index), cluster.machines[index]!.approve(programId));
  };

  test("is not evaluated on the share of a custodian that was away, until that has one that fits", async () => {
    const cluster = new Cluster();
    await deploy(given(5n), servicesOf(cluster), draw);
    expect((await deploy(given(6n), servicesOf(cluster, new Set(["c2"])), draw)).failed).toHaveLength(1);
    approve(cluster);
    await expect(evaluate(cluster, 0)).rejects.toMatchObject({code: "CUSTODIANS_MISSING"});
    expect((await evaluate(cluster, 2)).get("y")).toBe(7n);
    cluster.unreachable = new Set();
    await cluster.service.reshare(programId);
    for (const absent of [0, 1, 2]) expect((await evaluate(cluster, absent)).get("y")).toBe(7n);
  });

  test("is not evaluated at all where too few took it, until enough do", async () => {
    const cluster = new Cluster();
    await deploy(given(5n), servicesOf(cluster), draw);
    const failed = deploy(given(6n), servicesOf(cluster, new Set(["c1", "c2"])), draw);
    await expect(failed).rejects.toMatchObject({code: "CUSTODIANS_MISSING"});
    approve(cluster);
    for (const absent of [0, 1, 2])
      await expect(evaluate(cluster, absent)).rejects.toMatchObject({code: "CUSTODIANS_MISSING"});
  });

  test("is evaluated with the new ones where all took it", async () => {
    const cluster = new Cluster();
    for (const value of [5n, 6n]) await deploy(given(value), servicesOf(cluster), draw);
    approve(cluster);
    for (const absent of [0, 1, 2]) expect((await evaluate(cluster, absent)).get("y")).toBe(7n);
  });
});

test("a program that is new, pending or without secrets is deployed", async () => {
  const cluster = new Cluster();
  const services = servicesOf(cluster);
  const given = {program: SECRET, secrets: new Map([["s", 5n]]), threshold: 2, pool: 0};
  for (let again = 0; again < 2; again++) expect(await deploy(given, services, draw)).toMatchObject({failed: []});
  const square = packProgram(compile(SQUARE), LOOSE);
  await cluster.run(square);
  const plain = {program: square, secrets: new Map<string, bigint>(), threshold: 2, pool: 3};
  expect(await deploy(plain, services, draw)).toEqual({failed: [], pool: 3n});
});
