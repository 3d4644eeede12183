/** `qsdm devnet --validators`: real processes that find each other, agree, and are gone at the end. */
import {existsSync, readdirSync, readFileSync} from "node:fs";
import {type AddressInfo, createServer} from "node:net";
import {createInterface} from "node:readline";
import {expect, onTestFinished, test} from "vitest";
import {eventually} from "../support/node.js";
import {qsdm, scratch} from "./qsdm.js";

const eventsIn = (text: string): Record<string, unknown>[] =>
  text
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
const isThere = (pid: unknown): boolean => {
  try {
    return process.kill(Number(pid), 0);
  } catch {
    return false;
  }
};

test("three validators agree on a block, Ctrl-C stops them all, and another count does not fit their directory", async () => {
  const cwd = scratch();
  const ran = await qsdm(["devnet", "--validators", "3", "--dir", "net", "--json"], {
    cwd,
    started(child) {
      createInterface({input: child.stdout!}).on("line", (line) => {
        if (line.includes('"ready"')) child.kill("SIGINT");
      });
    },
  });
  const events = eventsIn(ran.stdout);
  expect(ran.stderr).not.toContain("error:");
  expect(ran.status).toBe(0);
  const validators = events.filter(({event}) => event === "validator");
  expect(new Set(validators.map(({url}) => url)).size).toBe(3);
  expect(new Set(validators.map(({peer_id}) => peer_id)).size).toBe(3);
  expect(validators.map(({pid}) => isThere(pid))).toEqual([false, false, false]);
  expect(events.filter(({event}) => event === "wallet").map(({name}) => name)).toContain("alice");
  const ready = events.at(-1)!;
  expect(ready).toMatchObject({event: "ready", validators: 3});
  expect(Number(ready.height)).toBeGreaterThan(0);
  expect(existsSync(`${cwd}/net/validator-2/node/chain.db`)).toBe(true);

  const other = await qsdm(["devnet", "--validators", "2", "--dir", "net", "--exit"], {cwd});
  expect(other.status).toBe(2);
  expect(other.stderr).toContain("--validators 3");
});

test("a parameter that a chain cannot have leaves nothing behind, and one of a chain that is there is refused", async () => {
  const cwd = scratch();
  const run = (...flags: string[]) => qsdm(["devnet", "--dir", "net", "--exit", "--api-port", "0", ...flags], {cwd});
  const bad = await run("--param", "validatorEpochBlocks=0");
  expect([bad.status, bad.stdout]).toEqual([3, ""]);
  expect(bad.stderr).toContain("validatorEpochBlocks");
  expect((await run("--param", "validatorEpochBlocks=7")).status).toBe(0);
  expect(JSON.parse(readFileSync(`${cwd}/net/node/genesis.json`, "utf8")).params.validatorEpochBlocks).toBe("7");
  const late = await run("--param", "validatorEpochBlocks=8");
  expect([late.status, late.stderr]).toEqual([2, expect.stringContaining("--param")]);
});

test("with --exit it ends when they are ready, and a temporary directory is gone", async () => {
  const cwd = scratch();
  const ran = await qsdm(["devnet", "--validators", "1", "--exit"], {cwd, env: {TMPDIR: cwd}});
  expect(ran).toMatchObject({status: 0, stdout: expect.stringMatching(/^validator\t0\thttp.*\nready\tdevnet-/s)});
  // Node itself keeps compiled code in the same place.
  expect(readdirSync(cwd).filter((name) => name !== "node-compile-cache")).toEqual([]);
});

test("when it is killed, its nodes end by themselves", async () => {
  const pids: number[] = [];
  const ran = await qsdm(["devnet", "--validators", "2", "--dir", "net", "--json"], {
    cwd: scratch(),
    started(child) {
      createInterface({input: child.stdout!}).on("line", (line) => {
        if (line.includes('"validator"')) pids.push(JSON.parse(line).pid);
        if (pids.length === 2) child.kill("SIGKILL");
      });
    },
  });
  expect(ran.status).toBeNull();
  onTestFinished(() => {
    for (const pid of pids.filter(isThere)) process.kill(pid, "SIGKILL");
  });
  await eventually(async () => !pids.some(isThere));
});

test("a node that cannot start ends it, and says why", async () => {
  const taken = createServer();
  await new Promise<void>((resolve) => taken.listen(0, "127.0.0.1", resolve));
  const {port} = taken.address() as AddressInfo;
  try {
    const ran = await qsdm(["devnet", "--validators", "1", "--exit", "--api-port", `${port}`]);
    expect(ran).toMatchObject({status: 4, stdout: ""});
    expect(ran.stderr).toMatch(new RegExp(`validator-0 ended with status 4\\n.*hint:.*${port}`));
  } finally {
    taken.close();
  }
});

test.each([
  [["--validators", "8"], "from 1 to 7"],
  [["--validators", "2", "--tour"], "--tour"],
])("devnet %j is refused", async (flags, named) => {
  const ran = await qsdm(["devnet", ...flags]);
  expect(ran).toMatchObject({status: 2, stderr: expect.stringContaining(named)});
});
