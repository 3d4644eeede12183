/** Settings, secrets, standard input and signals: promises U8 to U11 and U20. */
import type {ChildProcess} from "node:child_process";
import {readFileSync, statSync, writeFileSync} from "node:fs";
import {type AddressInfo, createServer} from "node:net";
import {join} from "node:path";
import {describe, expect, onTestFinished, test} from "vitest";
import {findTool, lacking} from "../support/tools.js";
import {BIN, documentIn, qsdm, scratch, shell} from "./qsdm.js";
import {BUILD, EVIDENCE, PROOFS, withProofs} from "./recorded.js";

describe("U8, U9: settings", () => {
  test("config print shows each value with its origin, in the order of precedence", async () => {
    const cwd = scratch();
    writeFileSync(join(cwd, "c.toml"), 'timeout = "5s"\nkeystore = "w.json"\n');
    const args = ["config", "print", "--config", "c.toml", "--api-url", "http://flag.example/"];
    const ran = await qsdm(args, {cwd, env: {QSDM_TIMEOUT: "7s"}});
    expect(ran.stdout.split("\n")).toEqual([
      "api_url\thttp://flag.example/\tflag --api-url",
      "timeout\t7s\tenvironment QSDM_TIMEOUT",
      `keystore\t${join(cwd, "w.json")}\tfile c.toml`,
      "passphrase_file\t-\tdefault",
      `data_dir\t${cwd}/.qsdm/node\tdefault`,
      "",
    ]);
    expect(readFileSync(join(cwd, "c.toml"), "utf8")).toBe('timeout = "5s"\nkeystore = "w.json"\n');
  });

  test("config check refuses unknown keys and names the known ones", async () => {
    const ran = await qsdm(["config", "check", "--config", "-"], {stdin: 'api_ulr = "x"'});
    expect(ran.status).toBe(2);
    expect(ran.stderr).toMatch(/unknown key api_ulr\nqsdm: hint: the keys are api_url, /);
  });

  test("config check prints the path of a good file", async () => {
    const ran = await qsdm(["config", "check", "--config", "-"], {stdin: 'timeout = "1m"'});
    expect([ran.status, ran.stdout]).toEqual([0, "-\n"]);
  });
});

describe("U10: secrets", () => {
  test("key files have mode 600 and are not replaced without --force", async () => {
    const cwd = scratch();
    for (const kind of ["hmac", "node"]) {
      const made = await qsdm(["keygen", kind, "--out", kind], {cwd});
      expect(made.status).toBe(0);
      expect(statSync(join(cwd, kind)).mode & 0o777).toBe(0o600);
      const before = readFileSync(join(cwd, kind), "utf8");
      expect(before).toMatch(/^[0-9a-f]{64}\n$/);
      expect(made.stdout + made.stderr).not.toContain(before.trim());
      const again = await qsdm(["keygen", kind, "--out", kind], {cwd});
      expect([again.status, readFileSync(join(cwd, kind), "utf8")]).toEqual([2, before]);
      expect((await qsdm(["keygen", kind, "--out", kind, "--force"], {cwd})).status).toBe(0);
      expect(readFileSync(join(cwd, kind), "utf8")).not.toBe(before);
    }
  });

  test("an existing wallet is refused before the passphrase is asked for", async () => {
    const cwd = scratch();
    writeFileSync(join(cwd, "w.json"), "{}");
    const ran = await qsdm(["wallet", "create", "--out", "w.json"], {cwd});
    expect([ran.status, ran.stderr.includes("already exists")]).toEqual([2, true]);
  });

  test("the passphrase comes from a file, a descriptor or a pipe, never from the environment", async () => {
    const cwd = scratch();
    writeFileSync(join(cwd, "pass"), "correct horse\n");
    const made = await shell(
      `qsdm wallet create --out a.json --passphrase-file pass && qsdm wallet create --out b.json --passphrase-fd 5 5<pass
       echo "correct horse" | qsdm wallet create --out c.json --passphrase-file -`,
      {cwd},
    );
    expect(made.stdout.split("\n").filter((line) => /^[0-9a-f]{64}$/.test(line))).toHaveLength(3);
    expect(statSync(join(cwd, "a.json")).mode & 0o777).toBe(0o600);
    const none = await qsdm(["wallet", "create", "--out", "d.json"], {
      cwd,
      env: {QSDM_PASSPHRASE: "x", PASSPHRASE: "x"},
    });
    expect([none.status, none.stderr.includes("--passphrase-file")]).toEqual([2, true]);
  });
});

describe("U11: standard input and pipes", () => {
  test("both orders of the pair give the same bytes through a pipe", async () => {
    const cwd = withProofs();
    const line = (a: string, b: string) => `qsdm slash-helper double-mining --proof-a ${a} --proof-b ${b} | cat`;
    const [one, other] = [await shell(line("a.json", "b.json"), {cwd}), await shell(line("b.json", "a.json"), {cwd})];
    expect(one.stdoutBytes.equals(Buffer.from(EVIDENCE))).toBe(true);
    expect(other.stdoutBytes.equals(one.stdoutBytes)).toBe(true);
  });

  test("the bytes arrive whole at the next command", async () => {
    const ran = await shell(`qsdm ${BUILD} 2>/dev/null | qsdm slash-helper inspect --evidence-file -`, {
      cwd: withProofs(),
    });
    expect(ran.stdout).toMatch(/^double-mining\t2743\ttrue\t/);
  });

  test("one proof may come from standard input, two may not", async () => {
    const cwd = withProofs();
    const stdin = PROOFS["b.json"];
    const args = (b: string) => ["slash-helper", "double-mining", "--proof-a", b, "--proof-b", "-"];
    expect((await qsdm(args("a.json"), {cwd, stdin})).stdout).toBe(EVIDENCE);
    const both = await qsdm(args("-"), {cwd, stdin});
    expect(both.status).toBe(2);
    expect(both.stderr).toContain("--proof-a and --proof-b both ask for standard input");
  });

  test("evidence is written to a file, mode 600, and not to a terminal", async (context) => {
    const cwd = withProofs();
    const ran = await qsdm([...BUILD.split(" "), "--out", "ev.bin"], {cwd});
    expect([ran.status, ran.stdout]).toEqual([0, "ev.bin\n"]);
    expect(statSync(join(cwd, "ev.bin")).mode & 0o777).toBe(0o600);
    expect(readFileSync(join(cwd, "ev.bin"), "utf8")).toBe(EVIDENCE);
    if (!findTool("script")) return lacking(context, "script");
    const refused = await shell(`script -qec '"${process.execPath}" "${BIN}" ${BUILD}' /dev/null`, {cwd});
    expect(refused.status).toBe(2);
    expect(refused.stdout).toContain("refusing to write raw bytes to a terminal");
  });
});

describe("U20: signals", () => {
  /** A node that takes connections and never answers. */
  async function silentNode(connected: (count: number) => void) {
    let count = 0;
    const server = createServer(() => connected(++count));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void server.close());
    return {QSDM_API_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`};
  }

  for (const name of ["SIGINT", "SIGTERM"] as const)
    test(`the first ${name} stops in order, says so and exits with 130`, async () => {
      let child: ChildProcess | undefined;
      const env = await silentNode(() => child?.kill(name));
      const args = ["wallet", "balance", "0".repeat(64), "--json"];
      const started = (process: ChildProcess): void => {
        child = process;
      };
      const ran = await qsdm(args, {env, started});
      expect(ran.status).toBe(130);
      expect(ran.stderr).toBe(`qsdm: ${name}: stopping; once more ends at once\nqsdm: error: interrupted\n`);
      expect(documentIn(ran).error.code).toBe("INTERRUPTED");
    });

  test("a deadline ends the wait with another code", async () => {
    const env = await silentNode(() => undefined);
    const ran = await qsdm(["wallet", "balance", "0".repeat(64), "--timeout", "200ms"], {env});
    expect(ran.status).toBe(4);
    expect(ran.stderr).toContain("200 ms");
  });
});
