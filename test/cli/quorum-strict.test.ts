/** The strict profile as processes: keys, roster, three custodians that show what they run, two coordinators, a client. */
import {type ChildProcess, spawn} from "node:child_process";
import {mkdtempSync, rmSync, writeFileSync} from "node:fs";
import {tmpdir} from "node:os";
import {join} from "node:path";
import {createInterface} from "node:readline";
import {afterAll, expect, test} from "vitest";
import {freePorts} from "../../src/commands/devnet/free-ports.js";
import {BIN, qsdm} from "./qsdm.js";

const folder = mkdtempSync(join(tmpdir(), "qsdm-strict-cli-"));
const running: ChildProcess[] = [];
const stop = (child: ChildProcess): Promise<void> =>
  new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) return resolve();
    child.once("exit", () => resolve());
    child.kill("SIGTERM");
  });
afterAll(async () => {
  await Promise.all(running.map(stop));
  rmSync(folder, {recursive: true, force: true});
});

/** A command in the folder; its document. */
async function run(...args: readonly string[]) {
  const ran = await qsdm(["quorum", ...args, "--json"], {cwd: folder});
  const document = JSON.parse(ran.stdout);
  return {status: ran.status, data: document.data ?? document.error};
}
async function start(...args: readonly string[]): Promise<void> {
  const child = spawn(process.execPath, [BIN, "quorum", ...args, "--roster", "quorum.roster", "--log-level", "error"], {
    stdio: ["ignore", "pipe", "ignore"],
    cwd: folder,
  });
  running.push(child);
  for await (const _ of createInterface({input: child.stdout!})) return;
  throw new Error(`quorum ${args[0]} ended`);
}

test("from keys to a result that only the client sees", async () => {
  const names = ["custodian-0", "custodian-1", "custodian-2", "coordinator", "coordinator-1", "alice"];
  await Promise.all(
    names.map((name) => run("identity", "create", "--name", name, "--out", `${name}.key`, "--card", `${name}.card`)),
  );
  const ports = await freePorts(6);
  const at = (name: string, place: number): string => `${name}.card@127.0.0.1:${ports[place]}`;
  const services = [0, 1, 2].flatMap((place) => ["--custodian", at(`custodian-${place}`, place)]);
  const others = [
    "--coordinator",
    at("coordinator", 3),
    "--coordinator",
    at("coordinator-1", 4),
    "--client",
    "alice.card",
  ];
  const machine = [
    "--attestation",
    "insecure-software",
    "--attestation-key",
    "machine.key",
    "--attestation-measurement",
  ];
  writeFileSync(join(folder, "machine.key"), `${"0b".repeat(32)}\n`, {mode: 0o600});
  await run("attest", "collect", ...machine, "aa", "--policy-out", "policy.toml");
  const policy = ["--attestation", "policy.toml"];
  await run("roster", "create", "--threshold", "2", ...services, ...others, ...policy, "--out", "quorum.roster");
  expect(await run("roster", "verify", "quorum.roster")).toMatchObject({status: 3, data: {code: "ROSTER_UNSIGNED"}});
  for (const place of [2, 0, 1]) await run("roster", "sign", "quorum.roster", "--key", `custodian-${place}.key`);
  expect(await run("roster", "verify", "quorum.roster")).toMatchObject({status: 0, data: {threshold: 2}});
  const changed = [
    "custodian",
    "--roster",
    "quorum.roster",
    "--key",
    "custodian-0.key",
    "--data-dir",
    "changed",
    ...machine,
    "bb",
  ];
  expect(await run(...changed)).toMatchObject({status: 3, data: {code: "ATTESTATION_REJECTED"}});
  await Promise.all([
    ...[0, 1, 2].map((at) =>
      start("custodian", "--key", `custodian-${at}.key`, "--data-dir", `custodian-${at}`, ...machine, "aa"),
    ),
    start("coordinator", "--key", "coordinator.key", "--data-dir", "coordinator", "--checkpoint-interval", "1s"),
    start("coordinator", "--key", "coordinator-1.key", "--data-dir", "coordinator-1", "--metrics", `${ports[5]}`),
  ]);

  writeFileSync(join(folder, "f.qvm"), "input x\nsecret w\nmul y = x w\noutput y\n");
  writeFileSync(join(folder, "w.txt"), "w=21\n", {mode: 0o600});
  const alice = ["--roster", "quorum.roster", "--key", "alice.key"];
  await run("compile", "f.qvm", "--budget-total", "5", "--out", "f.json");
  // Channels stand within a second; until then the coordinator says who is missing, or who has none to the others yet.
  let deployed = await run("deploy", "f.json", "--secrets-file", "w.txt", ...alice);
  for (let tries = 0; tries < 20 && deployed.status !== 0; tries++)
    deployed = await run("deploy", "f.json", "--secrets-file", "w.txt", ...alice);
  const id = deployed.data.program_id;
  expect(deployed).toMatchObject({status: 0, data: {status: "PENDING"}});
  expect(await run("eval", id, "--set", "x=2", ...alice)).toMatchObject({status: 3, data: {code: "PROGRAM_INACTIVE"}});
  expect((await run("attest", "status", ...alice)).data.custodians).toMatchObject(
    Array(3).fill({accepted: true, kind: "insecure-software", insecure: true, measurement: "aa"}),
  );
  expect(await run("approve", id, ...alice)).toMatchObject({status: 3, data: {code: "NOT_A_CUSTODIAN"}});
  for (const place of [0, 2]) await run("approve", id, "--roster", "quorum.roster", "--key", `custodian-${place}.key`);
  expect(await run("eval", id, "--set", "x=2", ...alice)).toMatchObject({
    status: 0,
    data: {results: {y: "42"}, suspects: []},
  });
  const pool = await run("pool", id, "--roster", "quorum.roster", "--key", "custodian-0.key");
  expect(pool.data.custodians).toMatchObject(Array(3).fill({budget_left: "4"}));
  const auditOf = (...more: readonly string[]) => run("audit", "verify", ...alice, ...more);
  let audited = await auditOf("--out", "kept.checkpoint");
  for (let tries = 0; tries < 20 && audited.status !== 0; tries++) audited = await auditOf("--out", "kept.checkpoint");
  expect(audited.data.signed_by).toHaveLength(3);
  const probe = await fetch(`http://127.0.0.1:${ports[5]}/audit`);
  expect([probe.status, await probe.json()]).toMatchObject([200, {coordinator: "coordinator-1", status: "ready"}]);
  expect(await run("eval", id, "--set", "x=4", ...alice, "--at", "coordinator-1")).toMatchObject({
    data: {results: {y: "84"}},
  });
  await stop(running[1]!);
  expect(await run("eval", id, "--set", "x=-1", "--signed", ...alice)).toMatchObject({data: {results: {y: "-21"}}});
  const {status, data} = await auditOf("--checkpoint", "kept.checkpoint", "--list");
  expect([status, data.entries > audited.data.signed_entries]).toEqual([0, true]);
  expect(data.log.at(-1)).toMatchObject({event: "end", kind: "evaluate", party: "alice", outcome: "ok"});
  expect(await run("reshare", ...alice)).toMatchObject({status: 3, data: {code: "METHOD_REFUSED"}});
  // Without a custodian and a coordinator, whose connection only ends.
  running.find(({spawnargs}) => spawnargs.includes("coordinator.key"))!.kill("SIGKILL");
  expect(await run("eval", id, "--set", "x=3", ...alice)).toMatchObject({status: 0, data: {results: {y: "63"}}});
  // Some twenty processes, one after the other.
});

test("services of the strict profile do not start without roster and key", async () => {
  expect(await run("custodian", "--data-dir", "x")).toMatchObject({status: 2, data: {code: "ROSTER_REQUIRED"}});
  expect(await run("coordinator", "--data-dir", "x", "--key", "alice.key")).toMatchObject({
    status: 2,
    data: {code: "ROSTER_REQUIRED"},
  });
});
