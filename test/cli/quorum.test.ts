/** Three custodians and a coordinator as processes: the thirteen behaviours that the reference tests on live services. */
import {type ChildProcess, spawn} from "node:child_process";
import {mkdtempSync, readdirSync, rmSync, writeFileSync} from "node:fs";
import {tmpdir} from "node:os";
import {join} from "node:path";
import {createInterface} from "node:readline";
import {afterAll, beforeAll, describe, expect, test} from "vitest";
import {wireJson} from "../../src/codecs/quorum/json.js";
import type {PolicyManifest} from "../../src/codecs/quorum/policy.js";
import {type ProgramPackage, packProgram} from "../../src/codecs/quorum/program-package.js";
import {fieldSource} from "../../src/node/quorum/field/random.js";
import {compile} from "../../src/node/quorum/language/compile.js";
import {share} from "../../src/node/quorum/sharing/shamir.js";
import {SQUARE} from "../node/quorum/programs.js";
import {BIN, qsdm} from "./qsdm.js";

const COMMON = ["--profile", "compat", "--log-level", "error"];
const PUBLIC = ["--public-approval-keys"];
const draw = fieldSource((size) => globalThis.crypto.getRandomValues(new Uint8Array(size)));
const folder = mkdtempSync(join(tmpdir(), "qsdm-quorum-"));
const running: ChildProcess[] = [];

/** A service of this program, and its URL once it listens. */
async function start(args: readonly string[], keys = PUBLIC): Promise<{url: string; child: ChildProcess}> {
  const child = spawn(process.execPath, [BIN, "quorum", ...args, ...COMMON, ...keys], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  running.push(child);
  for await (const line of createInterface({input: child.stdout!})) return {url: line, child};
  throw new Error(`quorum ${args[0]} ended`);
}

const stop = (child: ChildProcess): Promise<void> =>
  new Promise((resolve) => {
    child.once("exit", () => resolve());
    child.kill("SIGTERM");
  });

function keyFile(): string {
  const path = join(folder, "approval.key");
  writeFileSync(path, "a key of our own\n");
  return path;
}

const custodianArgs = (index: number, port = 0): string[] => [
  "custodian",
  ...["--index", `${index}`, "--port", `${port}`, "--data-dir", join(folder, `custodian-${index}`)],
];
const coordinatorArgs = (): string[] => [
  "coordinator",
  ...["--port", "0", "--data-dir", join(folder, "coordinator")],
  ...custodians.flatMap(({url}) => ["--custodian", url]),
];

let custodians: {url: string; child: ChildProcess}[] = [];
let coordinator: {url: string; child: ChildProcess};

beforeAll(async () => {
  custodians = await Promise.all([0, 1, 2].map((index) => start(custodianArgs(index))));
  coordinator = await start(coordinatorArgs());
});
afterAll(() => {
  for (const child of running) child.kill("SIGKILL");
  rmSync(folder, {recursive: true, force: true});
});

// biome-ignore lint/suspicious/noExplicitAny: answers are looked into member by member
const call = async (url: string, path: string, body?: object | string): Promise<{status: number; body: any}> => {
  const answer = await fetch(`${url}${path}`, {
    ...(body === undefined ? {} : {method: "POST", body: typeof body === "string" ? body : JSON.stringify(body)}),
    headers: {"content-type": "application/json"},
  });
  return {status: answer.status, body: await answer.json()};
};

/** A package of its own for each test: the version is not hashed, the policy is. */
const program = (policy: PolicyManifest, source = SQUARE): ProgramPackage =>
  packProgram(compile(source), {policy, secretName: `S${programs++}`});
let programs = 0;
const LOOSE = {budgetPerIdentity: 100n, maxEvalsPerMinute: 600n};

async function install(packed: ProgramPackage, pool = 5): Promise<void> {
  const package_ = wireJson(packed.source);
  for (const [at, {x, y}] of share(42n, {n: 3, k: 2}, draw).entries())
    await call(custodians[at]!.url, "/install", `{"program_package":${package_},"share_x":"${x}","share_y":"${y}"}`);
  await call(coordinator.url, "/install", `{"program_package":${package_},"beaver_pool_size":${pool}}`);
}
async function approve({programId: program_id}: ProgramPackage, index: number) {
  const {body} = await call(custodians[index]!.url, "/approve", {program_id});
  return call(coordinator.url, "/approve", {program_id, custodian_index: index, signature: body.signature});
}
async function activate(packed: ProgramPackage, pool = 5): Promise<void> {
  await install(packed, pool);
  await approve(packed, 0);
  await approve(packed, 1);
}
const evaluate = ({programId: program_id}: ProgramPackage, x: number, identity_id = "alice") =>
  call(coordinator.url, "/eval", {identity_id, program_id, inputs: {x}});

test("the thirteen behaviours, 154 to 166 of the reference, are what qsdm quorum check finds", async () => {
  const services = ["--coordinator", coordinator.url, ...custodians.flatMap(({url}) => ["--custodian", url])];
  const {status, stdout, stderr} = await qsdm(["quorum", "check", ...services, "--json"], {cwd: folder});
  const {data, error} = JSON.parse(stdout);
  expect([status, error, stderr]).toEqual([0, undefined, expect.stringContaining("3 programs stay behind")]);
  const {checks, left, ...counts} = data;
  expect([counts, left.length]).toEqual([{passed: 13, skipped: 1}, 3]);
  expect(checks.map(({check}: {check: string}) => check)).toEqual([
    ...["154", "155", "156", "157", "158", "159", "160", "161", "162", "163", "164", "165", "166", "away"],
  ]);
});

describe("availability and restarts", () => {
  test("a killed custodian is done without, and is of use again once it is back", async () => {
    const packed = program(LOOSE);
    await activate(packed);
    const {port} = new URL(custodians[1]!.url);
    custodians[1]!.child.kill("SIGKILL");
    expect((await evaluate(packed, 3)).body.result).toBe(100);
    custodians[1] = await start(custodianArgs(1, Number(port)));
    expect((await evaluate(packed, 4)).body.result).toBe(121);
    // Without the third, the result hangs on the one that missed an evaluation.
    const third = new URL(custodians[2]!.url).port;
    await stop(custodians[2]!.child);
    expect((await evaluate(packed, 5)).body.result).toBe(144);
    custodians[2] = await start(custodianArgs(2, Number(third)));
  });

  test("a coordinator that starts again has its programs, budgets, triples and log", async () => {
    const packed = program({...LOOSE, budgetPerIdentity: 2n});
    await activate(packed);
    expect((await evaluate(packed, 3)).status).toBe(200);
    const before = (await call(coordinator.url, "/audit")).body.entries;
    await stop(coordinator.child);
    coordinator = await start(coordinatorArgs());
    expect((await call(coordinator.url, "/audit")).body).toEqual({entries: before, chain_valid: true});
    expect((await call(coordinator.url, `/beaver_pool/${packed.programId}`)).body.pool_remaining).toBe(4);
    expect((await evaluate(packed, 4)).body.result).toBe(121);
    expect((await evaluate(packed, 5)).status).toBe(429);
  });
});

describe("the door", () => {
  test("does not serve web pages, other content types, or unknown paths and methods", async () => {
    const post = (headers: Record<string, string>) =>
      fetch(`${coordinator.url}/reshare`, {method: "POST", body: "{}", headers}).then(({status}) => status);
    expect(await post({"content-type": "application/json", origin: "http://evil.example"})).toBe(403);
    expect(await post({"content-type": "text/plain"})).toBe(422);
    expect(await call(coordinator.url, "/nope")).toEqual({status: 404, body: {detail: "Not Found"}});
    expect(await call(coordinator.url, "/eval")).toEqual({status: 405, body: {detail: "Method Not Allowed"}});
    const large = `{"program_id":"${"x".repeat(17 * 1024 * 1024)}"}`;
    expect(
      await fetch(`${coordinator.url}/reshare`, {
        method: "POST",
        body: large,
        headers: {"content-type": "application/json"},
      }).then(({status}) => status),
    ).toBe(413);
  });
});

describe("the commands", () => {
  const services = (): string[] => ["--coordinator", coordinator.url];
  const holders = (): string[] => custodians.flatMap(({url}) => ["--custodian", url]);
  const quorum = async (...args: string[]) => {
    const {status, stdout, stderr} = await qsdm(["quorum", ...args], {cwd: folder});
    return {status, out: stdout, err: stderr};
  };
  const json = async (...args: string[]) => JSON.parse((await quorum(...args, "--json")).out);

  test("bring a program from its source to a result, and keep it running", async () => {
    writeFileSync(join(folder, "f.qvm"), "input x\nsecret c\nsecret d\nsub t = x c\nmul y = t d\noutput y t\n");
    writeFileSync(join(folder, "secrets"), "# two of them\nc = 9\nd=5\n");
    const id = (await quorum("compile", "f.qvm", "--out", "f.json", "--budget", "3")).out.trim();
    const deployed = await json(
      "deploy",
      "f.json",
      "--secrets-file",
      "secrets",
      "--pool",
      "2",
      ...services(),
      ...holders(),
    );
    expect(deployed.data).toEqual({program_id: id, status: "PENDING", custodians: 3, pool: "2"});
    const approved = await quorum("approve", id, ...services(), ...holders().slice(0, 4));
    expect(approved.out).toBe("0\tPENDING\t1\t2\n1\tACTIVE\t2\t2\n");
    const evaluate = (x: number) =>
      quorum("eval", id, "--set", `x=${x}`, "--identity", "alice", "--signed", ...services());
    expect((await evaluate(5)).out).toBe("y\t-20\nt\t-4\n");
    expect((await evaluate(9)).out).toBe("y\t0\nt\t0\n");
    const empty = await evaluate(9);
    expect([empty.status, empty.err]).toMatchObject([3, expect.stringContaining("quorum pool PROGRAM_ID --add 10")]);
    expect((await quorum("pool", id, "--add", "4", ...services())).out).toBe("4\n");
    expect((await quorum("reshare", id, ...services())).out).toBe("3\n");
    expect((await evaluate(10)).out).toBe("y\t5\nt\t1\n");
    expect((await evaluate(10)).err).toContain("budget exhausted (remaining=0, cost=1)");
  });

  test("show and judge what is about to be approved", async () => {
    const {stdout} = await qsdm(["quorum", "compile", "-", "--budget", "9", "--out", "loose.json"], {
      cwd: folder,
      stdin: SQUARE,
    });
    const id = stdout.trim();
    const review = (...args: string[]) => json("approve", ...args, ...services(), ...holders());
    expect((await review(id, "--package", "loose.json", "--deny-warnings")).error.code).toBe("LINT_WARNINGS");
    expect((await review("ab".repeat(32), "--package", "loose.json")).error.code).toBe("PROGRAM_ID_MISMATCH");
    expect((await review(id, "--deny-warnings")).error.code).toBe("PACKAGE_REQUIRED");
    await quorum("deploy", "loose.json", ...services(), ...holders());
    const approved = await review(id, "--package", "loose.json");
    expect([approved.data.status, approved.warnings[0]]).toEqual([
      "ACTIVE",
      expect.stringContaining("BUDGET_ALLOWS_EXTRACTION"),
    ]);
  });

  test("change the custodians of a program, once that is agreed to", async () => {
    const fourth = await start(custodianArgs(3).concat("--approval-key-file", keyFile()), []);
    const packed = program(LOOSE);
    await activate(packed);
    const rotation = ["rotate", packed.programId, "--retire", "2", "--onboard", fourth.url, ...services()];
    const asked = await quorum(...rotation);
    expect([asked.status, asked.err]).toMatchObject([
      2,
      expect.stringContaining("Custodians 2 forget their shares for good"),
    ]);
    expect((await quorum(...rotation, "--yes")).out).toBe("0\n1\n");
    expect((await evaluate(packed, 3)).body.result).toBe(100);
  });

  test("recompute the log, and notice what was changed or cut", async () => {
    const {head, entries} = (await json("audit", "verify", ...services())).data;
    const log = (await call(coordinator.url, "/audit")).body;
    expect(entries).toBe(log.entries.length);
    // As served: parsing and printing again would lose digits of the timestamps' form.
    const text = await (await fetch(`${coordinator.url}/audit`)).text();
    writeFileSync(join(folder, "changed.json"), text.replace('"event":"approve"', '"event":"disapprove"'));
    const changed = await quorum("audit", "verify", "--file", "changed.json");
    expect([changed.status, changed.err]).toMatchObject([3, expect.stringContaining("entry 1 of")]);
    expect((await quorum("audit", "verify", "--head", head, ...services())).status).toBe(0);
    expect((await quorum("audit", "verify", "--head", "ab".repeat(32), ...services())).err).toContain(
      "no entry has hash",
    );
  });

  test("say what is wrong: nobody there, too few, an unknown program, no integer", async () => {
    const nobody = ["--coordinator", "http://127.0.0.1:1"];
    expect((await quorum("pool", "ab".repeat(32), ...nobody)).status).toBe(4);
    expect((await quorum("pool", "nope", ...services())).status).toBe(2);
    const unknown = await quorum("eval", "ab".repeat(32), "--identity", "a", ...services());
    expect([unknown.status, unknown.err]).toMatchObject([3, expect.stringContaining("Program not installed")]);
    const away = ["--custodian", "http://127.0.0.1:1", "--custodian", "http://127.0.0.1:1"];
    const again = await json("deploy", "f.json", "--secrets-file", "secrets", ...services(), ...holders());
    expect(again.error.code).toBe("PROGRAM_ACTIVE");
    await quorum("compile", "f.qvm", "--out", "g.json", "--budget", "4");
    expect((await json("deploy", "g.json", "--secrets-file", "secrets", ...services(), ...away)).error.code).toBe(
      "CUSTODIANS_MISSING",
    );
    expect(
      (await json("deploy", "f.json", "--secrets-file", "secrets", "--threshold", "4", ...services(), ...holders()))
        .error.code,
    ).toBe("THRESHOLD_INVALID");
    writeFileSync(join(folder, "word"), "my secret");
    const word = await quorum("deploy", "f.json", "--secrets-file", "word", ...services(), ...holders());
    expect([word.status, word.err.includes("my secret")]).toEqual([3, false]);
    expect((await json("rotate", "ab".repeat(32), ...services())).error.code).toBe("ROTATION_EMPTY");
  });
});

describe("a devnet", () => {
  const FREE = ["--coordinator-port", "0", "--custodian-port", "0"];

  test.each(["strict", "compat"])(
    "%s shows a private credit score from source to log, and leaves nothing behind",
    async (profile) => {
      const ran = await qsdm(["quorum", "devnet", "--profile", profile, "--tour", "--exit", "--json", ...FREE], {
        cwd: folder,
        env: {TMPDIR: folder},
      });
      const events = ran.stdout
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line));
      expect(events.map(({event}) => event)).toEqual([
        ...["started", "compiled", "deployed", "approved", "score", "score", "refused", "audited"],
      ]);
      // 3 52 - 5 20 + 10 6 + 20 6 + 200, and 3 31 - 5 60 + 10 + 60 + 200.
      expect(events.filter(({event}) => event === "score").map(({score}) => score)).toEqual(["436", "63"]);
      expect([ran.status, readdirSync(folder).filter((name) => name.startsWith("qsdm-quorum-"))]).toEqual([0, []]);
    },
  );

  test("runs until it is told to stop, and keeps its state where it is told to", async () => {
    const kept = join(folder, "kept");
    const ran = await qsdm(["quorum", "devnet", "--dir", kept, "--coordinators", "2", ...FREE], {
      cwd: folder,
      started: (child) => child.stdout!.once("data", () => child.kill("SIGTERM")),
    });
    const parties = ["coordinator", "coordinator-1", "custodian-0", "custodian-1", "custodian-2"];
    const keys = ["alice", "bob", "lender", ...parties].map((name) => `${name}.key`);
    expect([ran.status, readdirSync(kept).sort()]).toEqual([0, [...keys, ...parties, "quorum.roster"].sort()]);
    const again = await qsdm(["quorum", "devnet", "--dir", kept, "--tour", "--exit", ...FREE], {cwd: folder});
    expect([again.status, again.stdout.includes("alice scores 436")]).toEqual([0, true]);
  });
});

describe("the commands refuse", () => {
  const status = async (...args: string[]) => {
    const ran = await qsdm(["quorum", ...args, "--json"], {cwd: folder});
    return [ran.status, JSON.parse(ran.stdout).error.code];
  };
  const here = ["--data-dir", "x", "--profile", "compat"];

  test("an address that others can reach, unless something stands in front", async () => {
    expect(await status("custodian", ...here, "--public-approval-keys", "--host", "0.0.0.0")).toEqual([2, "HOST_OPEN"]);
  });

  test("to run in compat without being told whose keys to use", async () => {
    expect(await status("custodian", ...here)).toEqual([2, "APPROVAL_KEY_SOURCE"]);
    expect(await status("custodian", ...here, "--public-approval-keys", "--index", "3")).toEqual([
      2,
      "APPROVAL_KEY_SOURCE",
    ]);
    expect(await status("coordinator", ...here, "--public-approval-keys", "--custodian", "ftp://x")).toEqual([
      2,
      "CUSTODIAN_URL_INVALID",
    ]);
    expect(await status("coordinator", ...here, "--public-approval-keys", "--threshold", "4")).toEqual([
      2,
      "THRESHOLD_INVALID",
    ]);
  });

  test("a data directory that another process has open", async () => {
    const args = [...custodianArgs(0), "--profile", "compat", "--public-approval-keys"];
    expect(await status(...args)).toEqual([4, "DATA_DIR_LOCKED"]);
  });
});
