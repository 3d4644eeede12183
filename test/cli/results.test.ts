/** Results, failures and where they go: promises U1 to U7, U12 and U13. */
import {describe, expect, test} from "vitest";
import {COMMANDS} from "../../src/commands/registry.js";
import {findTool, lacking} from "../support/tools.js";
import {BIN, documentIn, qsdm, type Ran, scratch, shell} from "./qsdm.js";
import {BUILD, EVIDENCE, withProofs} from "./recorded.js";

const NOWHERE = {QSDM_API_URL: "http://127.0.0.1:1"};
/** One error line, at most one hint, and nothing else. */
const isPlainFailure = ({stderr}: Ran): boolean => /^qsdm: error: [^\n]+\n(qsdm: hint: [^\n]+\n)?$/.test(stderr);

describe("U1, U3: standard output carries the result only", () => {
  test("evidence: bytes on one stream, what they say on the other", async () => {
    const ran = await qsdm(BUILD.split(" "), {cwd: withProofs()});
    expect(ran.status).toBe(0);
    expect(ran.stdout).toBe(EVIDENCE);
    expect(ran.stderr).toContain(
      'double-mining evidence: 2743 bytes, node_id="ut5__pacx" epoch=7 height=351966 memo=0B',
    );
  });

  test("a new wallet: the address alone", async () => {
    const ran = await qsdm(["wallet", "create", "--out", "w.json", "--passphrase-file", "-"], {
      cwd: scratch(),
      stdin: "pass\n",
    });
    expect(ran.stdout).toMatch(/^[0-9a-f]{64}\n$/);
    expect(ran.stderr).toContain("wrote w.json (mode 0600)");
  });

  test("inspect: one record per line, tabbed, without labels", async () => {
    const ran = await qsdm(["slash-helper", "inspect", "--evidence-file", "-"], {stdin: EVIDENCE});
    const records = ran.stdout.trimEnd().split("\n");
    expect(records.map((line) => line.split("\t").length)).toEqual([8, 10, 10]);
    expect(records[0]).toBe("double-mining\t2743\ttrue\t\t-\t-\t-\t-");
    expect(records[1]!.startsWith("proof_a\t2\t7\t351966\tut5__pacx\t3ff6357b")).toBe(true);
    expect(ran.stderr).toBe("");
  });
});

describe("U2, U4: --json gives one document", () => {
  test("on success, with heights as decimal text", async () => {
    const ran = await qsdm(["slash-helper", "inspect", "--evidence-file", "-", "--json"], {stdin: EVIDENCE});
    expect(documentIn(ran)).toMatchObject({
      schema: 1,
      ok: true,
      warnings: [],
      data: {kind: "double-mining", size_bytes: 2743, proof_a: {epoch: "7", height: "351966", batch_count: 3}},
    });
  });

  test("warnings are in it", async () => {
    const ran = await qsdm([...BUILD.split(" "), "--json"], {cwd: withProofs()});
    expect(documentIn(ran).warnings.join()).toContain("qsdm-key-v1");
    expect(documentIn(ran).data.evidence_hex).toBe(Buffer.from(EVIDENCE).toString("hex"));
  });

  test.concurrent.for(COMMANDS)("$path: on failure too", async ({path}, {expect}) => {
    const ran = await qsdm([...path.split(" "), "--no-such-flag", "--json"]);
    expect(ran.status).toBe(2);
    expect(documentIn(ran)).toMatchObject({schema: 1, ok: false, error: {code: "FLAG_UNKNOWN", details: {}}});
  });

  test("for a command that does not exist, and for none at all", async () => {
    expect(documentIn(await qsdm(["enrol", "--json"])).error.code).toBe("COMMAND_UNKNOWN");
    expect(documentIn(await qsdm(["--json"])).error.code).toBe("COMMAND_MISSING");
    expect(documentIn(await qsdm(["wallet", "-json=true"])).error.code).toBe("COMMAND_MISSING");
  });

  test("for help", async () => {
    expect(documentIn(await qsdm(["version", "--help", "--json"])).data.help).toMatch(/^Usage: qsdm version/);
  });
});

describe("U5: exit codes", () => {
  const cases: readonly [number, string, readonly string[], Record<string, string>?][] = [
    [0, "done", ["version"]],
    [2, "an unknown flag", ["version", "--frob"]],
    [2, "an argument too many", ["version", "now"]],
    [2, "a flag without its value", ["wallet", "show", "--in"]],
    [2, "a required flag left out", ["keygen", "node"]],
    [2, "a file that is not there", ["wallet", "show", "--in", "none.json"]],
    [2, "a wrong setting", ["wallet", "balance"], {QSDM_API_URL: "nowhere"}],
    [3, "bad data", ["slash-helper", "inspect", "--evidence-hex", "00"]],
    [3, "a wrong address", ["wallet", "balance", "zz"]],
    [4, "no node", ["wallet", "balance", "0".repeat(64)], NOWHERE],
  ];
  for (const [status, name, args, env = {}] of cases)
    test(`${status}: ${name}`, async () => {
      const ran = await qsdm(args, {cwd: scratch(), env});
      expect(ran.status).toBe(status);
      if (status !== 0) {
        expect(ran.stdout).toBe("");
        expect(isPlainFailure(ran)).toBe(true);
      }
    });
});

describe("U7: errors say what happened and what to do", () => {
  test("an unreachable node is named, with one hint and no stack", async () => {
    const ran = await qsdm(["wallet", "balance", "0".repeat(64)], {env: NOWHERE});
    expect(ran.stderr).toMatch(/^qsdm: error: .*127\.0\.0\.1:1.*\nqsdm: hint: .*--api-url.*\n$/);
  });

  test("--verbose adds the stack", async () => {
    const ran = await qsdm(["wallet", "balance", "0".repeat(64), "--verbose"], {env: NOWHERE});
    expect(ran.stderr).toMatch(/UnavailableError: .*\n\s+at /);
  });

  test("text from outside cannot reach the terminal's controls", async () => {
    const ran = await qsdm(["wallet", "show", "--in", "\u001b[2J\u0007"]);
    expect(ran.stderr).toContain("\\u001b[2J\\u0007");
    expect(ran.stderr).not.toContain("\u001b");
  });
});

describe("U12: a closed pipe", () => {
  test("ends the command quietly", async () => {
    const ran = await shell("qsdm completion zsh | head -1 >/dev/null; echo $PIPESTATUS");
    expect([ran.stdout, ran.stderr]).toEqual(["0\n", ""]);
    const help = await shell("qsdm --help | true; echo $PIPESTATUS");
    expect([help.stdout, help.stderr]).toEqual(["0\n", ""]);
  });

  test("does not hide a failure", async () => {
    const ran = await shell("qsdm frobnicate --json 2>/dev/null | true; echo $PIPESTATUS");
    expect(ran.stdout).toBe("2\n");
  });
});

describe("U13: colour", () => {
  const onTerminal = async (env: string, flags: string, context: Parameters<typeof lacking>[0]): Promise<boolean> => {
    if (!findTool("script")) return lacking(context, "script");
    const ran = await shell(`script -qec '${env} "${process.execPath}" "${BIN}" frob ${flags}' /dev/null`);
    return ran.stdout.includes("\u001b[");
  };
  test("is used on a terminal", async (context) => {
    expect(await onTerminal("env -u NO_COLOR TERM=xterm", "", context)).toBe(true);
  });
  test("is off for NO_COLOR, TERM=dumb and --no-color", async (context) => {
    expect(await onTerminal("env NO_COLOR=1 TERM=xterm", "", context)).toBe(false);
    expect(await onTerminal("env TERM=dumb", "", context)).toBe(false);
    expect(await onTerminal("env TERM=xterm", "--no-color", context)).toBe(false);
  });
  test("never goes into pipes", async () => {
    expect((await qsdm(["frob"])).stderr).not.toContain("\u001b");
  });
});
