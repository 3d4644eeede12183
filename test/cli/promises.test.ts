/** The promises of the command line, one by one, as a user meets them. Evidence comes from the recorded reference. */
import type {ChildProcess} from "node:child_process";
import {readFileSync, statSync, writeFileSync} from "node:fs";
import {type AddressInfo, createServer} from "node:net";
import {join} from "node:path";
import {describe, expect, onTestFinished, test} from "vitest";
import {COMMANDS} from "../../src/commands/registry.js";
import {findTool, lacking} from "../support/tools.js";
import vectors from "./evidence.vectors.json" with {type: "json"};
import {BIN, documentIn, qsdm, type Ran, scratch, shell} from "./qsdm.js";

const [recorded] = vectors.cases;
const EVIDENCE = recorded!.stdout;
const NOWHERE = {QSDM_API_URL: "http://127.0.0.1:1"};
const BUILD = "slash-helper double-mining --proof-a a.json --proof-b b.json";

/** A folder with the two recorded proofs in it. */
function withProofs(): string {
  const cwd = scratch();
  for (const [name, text] of Object.entries(recorded!.files)) writeFileSync(join(cwd, name), text!);
  return cwd;
}

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

  for (const {path} of COMMANDS)
    test(`${path}: on failure too`, async () => {
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
    const stdin = recorded!.files["b.json"]!;
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

describe("U17, U19: help and suggestions", () => {
  for (const {path} of COMMANDS)
    test(`${path}: --help goes to standard output with status 0, in any spelling`, async () => {
      const [built, live] = await Promise.all([
        qsdm([...path.split(" "), "--help"]),
        qsdm(["--no-color", ...path.split(" "), "-h"]),
      ]);
      expect([built.status, built.stderr, live.status]).toEqual([0, "", 0]);
      expect(built.stdout).toContain(`Usage: qsdm ${path} `);
      // The first is the page that the build made, the second is made now.
      expect(built.stdout).toBe(live.stdout);
    });

  test("groups and the program have help as well", async () => {
    const [program, long, group, word] = await Promise.all([
      qsdm(["--help"]),
      qsdm(["--no-color", "--help"]),
      qsdm(["wallet", "--help"]),
      qsdm(["help", "wallet", "show"]),
    ]);
    expect(program.stdout).toBe(long.stdout);
    expect(group.stdout).toMatch(/^ {2}create {2,}make a key pair/m);
    expect(word.stdout).toContain("Usage: qsdm wallet show");
  });

  test("typos get a suggestion", async () => {
    expect((await qsdm(["keygen", "node", "--ot", "x"])).stderr).toContain("did you mean --out?");
    expect((await qsdm(["walet", "show"])).stderr).toContain("did you mean wallet?");
    expect((await qsdm(["wallet", "shwo"])).stderr).toContain("did you mean show?");
    expect((await qsdm(["version", "--jsno"])).stderr).toContain("did you mean --json?");
  });
});

describe("U18, U19: pages and completion", () => {
  test("completion --list names every command, and each has a page", async () => {
    const {stdout} = await qsdm(["completion", "--list"]);
    const names = stdout.trimEnd().split("\n");
    expect(names).toEqual(COMMANDS.map(({path}) => path.replaceAll(" ", "-")));
    for (const name of names) {
      const page = readFileSync(new URL(`../../man/qsdm-${name}.1`, import.meta.url), "utf8");
      expect(page.startsWith(".TH QSDM")).toBe(true);
    }
  });

  test("man renders every page without a warning", async (context) => {
    if (!findTool("groff")) return lacking(context, "groff");
    const folder = new URL("../../man/", import.meta.url).pathname;
    const ran = await shell(`for page in "${folder}"*; do groff -man -Tutf8 -ww "$page" >/dev/null; done`);
    expect([ran.status, ran.stderr]).toEqual([0, ""]);
  });

  test("the bash script completes commands, subcommands and flags", async () => {
    const complete = (...words: string[]) => {
      const list = words.map((word) => `"${word}"`).join(" ");
      return `COMP_WORDS=(${list}); COMP_CWORD=${words.length - 1}; _qsdm; echo "\${COMPREPLY[*]}"`;
    };
    const line = [
      'eval "$(qsdm completion bash)"',
      complete("qsdm", "wal"),
      complete("qsdm", "wallet", "s"),
      complete("qsdm", "wallet", "show", "--i"),
      complete("qsdm", "wallet", "show", "--in", ""),
    ].join("\n");
    expect((await shell(line)).stdout).toBe("wallet\nshow\n--in\n\n");
  });

  for (const name of ["zsh", "fish"])
    test(`the ${name} script is one that ${name} can read`, async (context) => {
      if (!findTool(name)) return lacking(context, name);
      const ran = await shell(`qsdm completion ${name} > s && ${name} -n s`, {cwd: scratch()});
      expect([ran.status, ran.stderr]).toEqual([0, ""]);
    });

  test("a shell that is not known is refused", async () => {
    expect((await qsdm(["completion", "csh"])).stderr).toContain("bash, zsh, fish");
    expect((await qsdm(["completion"])).status).toBe(2);
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

describe("U24: version", () => {
  const {version} = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));

  test("is five values, one per line, however it is asked for", async () => {
    const ran = await Promise.all([qsdm(["version"]), qsdm(["--version"]), qsdm(["-version"])]);
    for (const {status, stdout, stderr} of ran) {
      expect([status, stderr]).toEqual([0, ""]);
      expect(stdout).toMatch(new RegExp(`^qsdm\\n${version}\\n([0-9a-f]{40}|-)\\n2\\n\\S+\\n$`));
    }
  });

  test("is a document under --json", async () => {
    for (const args of [
      ["version", "--json"],
      ["--version", "--json"],
    ])
      expect(documentIn(await qsdm(args)).data).toMatchObject({name: "qsdm", version, protocol_version: 2});
  });
});
