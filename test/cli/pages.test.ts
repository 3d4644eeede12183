/** Help, manual, completion and version: promises U17 to U19 and U24. */
import {readFileSync} from "node:fs";
import {describe, expect, test} from "vitest";
import {COMMANDS} from "../../src/commands/registry.js";
import {findTool, lacking} from "../support/tools.js";
import {documentIn, qsdm, scratch, shell} from "./qsdm.js";

describe("U17, U19: help and suggestions", () => {
  test.concurrent.for(COMMANDS)("$path: --help goes to standard output with status 0", async ({path}, {expect}) => {
    const {status, stdout, stderr} = await qsdm([...path.split(" "), "--help"]);
    expect([status, stderr]).toEqual([0, ""]);
    expect(stdout).toContain(`Usage: qsdm ${path} `);
  });

  test.for(["wallet create", "node run", "version"])(
    "%s: in any spelling, also where the page is made now",
    async (path) => {
      const words = path.split(" ");
      const [built, short, live] = await Promise.all([
        qsdm([...words, "--help"]),
        qsdm([...words, "-h"]),
        qsdm(["--no-color", ...words, "-h"]),
      ]);
      expect([short, live]).toEqual([built, built]);
    },
  );

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
      complete("qsdm", "keygen", "h"),
      complete("qsdm", "wallet", "show", "--i"),
      complete("qsdm", "wallet", "show", "--in", ""),
    ].join("\n");
    expect((await shell(line)).stdout).toBe("wallet\nhmac\n--in\n\n");
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
