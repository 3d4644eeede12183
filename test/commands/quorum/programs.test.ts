/** `qsdm quorum compile`, `inspect`, `lint` and `run`, as a user calls them. */
import {readFileSync} from "node:fs";
import {describe, expect, test} from "vitest";
import {textOf} from "../../../src/codecs/bytes.js";
import {irValue} from "../../../src/codecs/quorum/ir.js";
import {wireJson} from "../../../src/codecs/quorum/json.js";
import {layoutProgram} from "../../../src/commands/quorum/layout.js";
import {PLOT_MAX_NODES, plotProgram} from "../../../src/commands/quorum/plot.js";
import {SCORE_SOURCE} from "../../../src/commands/quorum/score.js";
import {run} from "../../../src/commands/run.js";
import {compile} from "../../../src/node/quorum/language/compile.js";
import recorded from "../../codecs/quorum/program-package.vectors.json" with {type: "json"};
import {SQUARE} from "../../node/quorum/programs.js";
import {memoryHost} from "../memory-host.js";

const ID = "d2a06e47d97652a7961f2c85610a743ee26f012b0b6e22ba08a4e88049f015d9";

const call = async (line: string, files: Readonly<Record<string, string>> = {"/sq": SQUARE}, stdin = "") => {
  const host = memoryHost({argv: ["quorum", ...line.split(" ")], files});
  host.input.end(stdin);
  const status = await run(host);
  return {status, out: host.out(), err: host.err(), files: host.files};
};
const packed = async (line = "compile /sq"): Promise<string> => (await call(line)).out;

describe("compile", () => {
  test("prints the package, or its id where it goes to a file", async () => {
    const {status, out, files} = await call("compile /sq --out /p");
    expect([status, out]).toEqual([0, `${ID}\n`]);
    expect(new TextDecoder().decode(files.get("/p"))).toBe(await packed());
    expect(JSON.parse(await packed())).toMatchObject({program_id: ID, version: "1.0.0"});
  });

  for (const {name, input, expected} of recorded.cases)
    test(`${name}: gives the id of the reference`, async () => {
      const policy = (input.policy ?? {}) as Record<string, number>;
      const flags = Object.entries({
        cost: policy.cost_per_eval,
        budget: policy.budget_per_identity,
        rate: policy.max_evals_per_minute,
        "program-version": input.version,
        "secret-name": input.secret?.secret_name,
      }).flatMap(([flag, value]) => (value === undefined ? [] : [`--${flag}`, String(value)]));
      const {out} = await call(["compile - --json", ...flags].join(" "), {}, input.source);
      expect(JSON.parse(out).data.program_id).toBe(expected.program_id);
    });

  test("--optimize changes the id and keeps the function", async () => {
    const source = "input x\nmul a = x x\nmul b = x x\nadd y = a b\noutput y\n";
    const {data} = JSON.parse((await call("compile - --optimize --json", {}, source)).out);
    expect(data).toMatchObject({nodes: 3, products: 1});
    const {out} = await call("run /p --set x=5", {"/p": data.package});
    expect(out).toBe("y\t50\n");
  });

  test("a window without a limit, and a window that is out of range, are refused", async () => {
    const {status, out} = await call("compile /sq --anomaly-window 4 --json");
    expect([status, JSON.parse(out).error.code]).toEqual([2, "ANOMALY_WINDOW_ALONE"]);
    for (const window of [0, 33])
      expect((await call(`compile /sq --anomaly-limit 1 --anomaly-window ${window}`)).status).toBe(2);
    const {data} = JSON.parse((await call("compile /sq --anomaly-limit 1 --anomaly-window 4 --json")).out);
    expect(data.policy).toMatchObject({anomaly_limit: "1", anomaly_window: "4"});
    // One input: four repeats, three triples for each two of four, and one for the check.
    expect(data.triples).toBe(1 + 2 + 4 + 3 * 6 + 1);
  });

  test("a fault names file and line, with status 3", async () => {
    const {status, out, err} = await call("compile /bad --json", {"/bad": "input x\nadd t = x z\noutput t"});
    expect([status, JSON.parse(out).error]).toMatchObject([
      3,
      {code: "SOURCE_INVALID", message: "/bad: Line 2: undefined identifier 'z'", details: {line: 2}},
    ]);
    expect(err).toContain("hint:");
  });

  test("--strict-syntax refuses what is otherwise ignored", async () => {
    const files = {"/q": "input x y\noutput x"};
    expect((await call("compile /q", files)).status).toBe(0);
    expect((await call("compile /q --strict-syntax", files)).err).toContain("unexpected 'y'");
  });

  test("an existing file is kept unless --force says otherwise", async () => {
    const files = {"/sq": SQUARE, "/p": "mine"};
    expect((await call("compile /sq --out /p", files)).status).toBe(2);
    expect((await call("compile /sq --out /p --force", files)).status).toBe(0);
  });

  test("a package that no command would read is not written", async () => {
    const large = `input x\ndot ${"d".repeat(40)} =${" x x".repeat(28_000)}\noutput x`;
    const {status, out, files} = await call("compile /s --out /p --json", {"/s": large});
    expect([status, JSON.parse(out).error.code, files.has("/p")]).toEqual([3, "PACKAGE_TOO_LARGE", false]);
  });
});

describe("inspect", () => {
  test("prints the same of a package and of its source", async () => {
    const source = JSON.parse((await call("inspect /sq --json")).out).data;
    const whole = JSON.parse((await call("inspect /p --json", {"/p": await packed()})).out).data;
    const cost = {products: 1, comparisons: 0, depth: 1, triples: 3, rounds: 10, compat_rounds: 1};
    expect(source).toMatchObject({program_id: ID, ...cost, inputs: ["x"], outputs: ["y"]});
    expect(whole).toEqual({...source, kind: "package"});
  });

  test("refuses a package whose content is not what its id says", async () => {
    const forged = (await packed()).replace('"value":7', '"value":8');
    const {status, out} = await call("inspect /p --json", {"/p": forged});
    expect([status, JSON.parse(out).error.code]).toEqual([3, "PROGRAM_ID_MISMATCH"]);
  });

  test("--source prints what compiles to the same program", async () => {
    const {out} = await call("inspect /d --source", {"/d": "input x\ndot y = x x x x\noutput y"});
    expect(out).toContain("mul __dot_y_m_1 = x x\n");
    const ids = await Promise.all(
      [out, "input x\ndot y = x x x x\noutput y"].map((each) => call("compile /s --json", {"/s": each})),
    );
    expect(JSON.parse(ids[0]!.out).data.program_id).toBe(JSON.parse(ids[1]!.out).data.program_id);
  });

  test("--plot draws every node once, with names that mean something in XML escaped", async () => {
    const {files} = await call("inspect /s --plot /g.svg", {"/s": 'input <a>&"\nmul y = <a>&" <a>&"\noutput y'});
    const svg = new TextDecoder().decode(files.get("/g.svg"));
    expect(svg.match(/<title>[^<]*<\/title>/g)).toEqual([
      "<title>input &#60;a&#62;&#38;&#34;</title>",
      "<title>mul y (output)</title>",
    ]);
    expect(svg.match(/<path d="M[^"]*" fill="none"/g)).toHaveLength(2);
  });

  test("--plot names comparisons by their sign and shifts by their distance", () => {
    const svg = plotProgram(compile("input x\nlt l = x x\nshr s = x 16\neq e = l s\noutput e"));
    for (const label of ["&#60;  l", "\u226b16  s", "=  e"]) expect(svg).toContain(`>${label}</text>`);
  });

  test("--plot refuses what nobody could read", () => {
    const ir = compile(`input x\npolyeval y =${" x".repeat(PLOT_MAX_NODES / 2 + 2)}\noutput y`);
    expect(() => plotProgram(ir)).toThrow("nodes, at most");
  });

  test("--plot puts every operand left of its user and no two boxes on one place", () => {
    const ir = compile("input a\ninput b\nconst c = 1\nmux m = a b c\npolyeval p = m a b c\noutput p m");
    const places = layoutProgram(ir);
    for (const node of ir.nodes)
      for (const input of "inputs" in node ? node.inputs : [])
        expect(places.get(input)!.column).toBeLessThan(places.get(node.id)!.column);
    expect(new Set([...places.values()].map(({column, row}) => `${column} ${row}`)).size).toBe(ir.nodes.length);
  });
});

describe("lint", () => {
  test("prints outputs, cost and findings", async () => {
    const {out} = await call("lint /sq");
    expect(out.split("\n").slice(0, 3)).toEqual([
      "output\ty\t2\tsquare\t1\t1\t3\t2\t127",
      "cost\t1\t0\t3\t10\t1\t576",
      "warning\tBUDGET_ALLOWS_EXTRACTION\ty\t2 answers give the unknowns of this square output, and one identity has 5",
    ]);
  });

  test("--secret-bits counts unknowns that come several to an answer, and a comparison's by bits", async () => {
    const files = {"/t": "input x\nsecret t\nlt y = x t\noutput y"};
    const queries = async (more: string): Promise<string> =>
      JSON.parse((await call(`lint /t --json${more}`, files)).out).data.outputs[0].extraction_queries;
    expect([await queries(""), await queries(" --secret-bits 20")]).toEqual(["16", "20"]);
    const [output] = (await call("lint /t", files)).out.split("\n");
    expect(output).toBe("output\ty\t-\tpiecewise\t1\t1\t-\t16\t1");
  });

  test("the cost is what an evaluation takes and sends", async () => {
    const files = {"/c": "input x\nsecret t\nrelu r = x\nshr s = r 4\nmul y = s t\noutput y", "/w": "t=5\n"};
    const {cost} = JSON.parse((await call("lint /c --json", files)).out).data;
    expect(cost).toMatchObject({products: 2, comparisons: 2, triples: 637, depth: 4, compat_rounds: null});
    const ran = await call("run /c --set x=99 --secrets-file /w --custodians 3 --verified --json", files);
    const {results, online} = JSON.parse(ran.out).data;
    expect([results, online.rounds]).toEqual([{y: "30"}, cost.rounds]);
    // What goes with the values of a message, digests above all, is not counted.
    expect(online.bytes / cost.bytes).toBeGreaterThan(1);
    expect(online.bytes / cost.bytes).toBeLessThan(1.1);
  });

  test("a program that takes more triples than can be made is a warning, for as many custodians as there are to be", async () => {
    const files = {"/c": `input x\nmax y =${" x".repeat(300)}\noutput y`};
    const first = async (more: string): Promise<string> =>
      JSON.parse((await call(`lint /c --json${more}`, files)).out).data.findings[0].code;
    expect(await first(" --custodians 7 --threshold 4")).toBe("TOO_COSTLY");
    for (const more of ["", " --custodians 2 --threshold 2"]) expect(await first(more)).not.toBe("TOO_COSTLY");
  });

  test("--deny-warnings refuses with 3, and --budget judges by another budget", async () => {
    expect((await call("lint /sq --deny-warnings")).status).toBe(3);
    expect((await call("lint /sq --deny-warnings --budget 1")).status).toBe(0);
  });
});

describe("run", () => {
  // The demo of the specification, section 18.
  for (const [x, y] of [
    ["3", "100"],
    ["10", "289"],
    ["0", "49"],
  ])
    test(`f(${x}) is ${y}, in the clear and on shares`, async () => {
      expect((await call(`run /sq --set x=${x}`)).out).toBe(`y\t${y}\n`);
      expect((await call(`run /sq --set x=${x} --custodians 5 --threshold 3`)).out).toBe(`y\t${y}\n`);
    });

  test("--signed prints small negative numbers as such", async () => {
    const {out} = await call("run /n --set x=-4 --signed", {"/n": "input x\nneg y = x\noutput x y"});
    expect(out).toBe("x\t-4\ny\t4\n");
  });

  test("an input that is missing, unknown, repeated or no integer is a usage error", async () => {
    const codes = [
      "run /sq",
      "run /sq --set x=1 --set z=1",
      "run /sq --set x=1 --set x=2",
      "run /sq --set x=one",
      "run /sq --set =1",
    ].map(async (line) => {
      const {status, out} = await call(`${line} --json`);
      return [status, JSON.parse(out).error.code];
    });
    expect(await Promise.all(codes)).toEqual([
      [2, "INPUT_MISSING"],
      [2, "INPUT_UNKNOWN"],
      [2, "INPUT_REPEATED"],
      [2, "INPUT_INVALID"],
      [2, "INPUT_INVALID"],
    ]);
  });

  test("secrets come from a file, each of them once, and no message quotes it", async () => {
    const files = {"/s": "secret a\nsecret b\ninput x\nmul t = a x\nadd y = t b\noutput y", "/ok": "a = 3\nb=4\n"};
    for (const more of ["", " --custodians 3"])
      expect((await call(`run /s --set x=5 --secrets-file /ok${more}`, files)).out).toBe("y\t19\n");
    const bad = {"/one": "a=3\n", "/more": "a=3\nb=4\nc=5\n", "/twice": "a=1\na=2\n", "/word": "a=hush\n"};
    const codes = Object.keys(bad).map(async (path) => {
      const {status, out} = await call(`run /s --set x=5 --secrets-file ${path} --json`, {...files, ...bad});
      expect(out).not.toContain("hush");
      return [status, JSON.parse(out).error.code];
    });
    expect(await Promise.all(codes)).toEqual([
      [2, "SECRET_MISSING"],
      [2, "SECRET_UNKNOWN"],
      [3, "SECRETS_INVALID"],
      [3, "SECRETS_INVALID"],
    ]);
  });

  test("--verified gives the same by the protocol that notices cheats, and says what it cost", async () => {
    const {out} = await call("run /sq --set x=3 --custodians 3 --verified --json");
    const {results, offline, online} = JSON.parse(out).data;
    expect([results, Object.keys(offline), Object.keys(online)]).toEqual([
      {y: "100"},
      ["rounds", "bytes"],
      ["rounds", "bytes"],
    ]);
    const codes = ["run /sq --set x=3 --verified", "run /sq --set x=3 --custodians 3 --threshold 3 --verified"].map(
      async (line) => {
        const ran = await call(`${line} --json`);
        return [ran.status, JSON.parse(ran.out).error.code];
      },
    );
    expect(await Promise.all(codes)).toEqual([
      [2, "CUSTODIANS_REQUIRED"],
      [3, "THRESHOLD_TOO_HIGH"],
    ]);
  });

  test("a program that compares runs in the clear and by the verified protocol, and is refused by the other", async () => {
    const files = {"/c": "input a\ninput b\nmax m = a b\nlt l = a b\noutput m l"};
    const line = "run /c --set a=-7 --set b=3";
    for (const more of ["", " --custodians 3 --verified"])
      expect((await call(`${line} --signed${more}`, files)).out).toBe("m\t3\nl\t1\n");
    const {status, out} = await call(`${line} --custodians 3 --json`, files);
    expect([status, JSON.parse(out).error.code]).toEqual([3, "OPERATION_UNSUPPORTED"]);
  });

  test("outputs are rounded as the policy says, in the clear and by the verified protocol, and what it costs is said", async () => {
    const {out: package_} = await call("compile /sq --output-rounding-bits 4");
    const files = {"/p": package_};
    // (3 + 7)^2 is 6 times 16, and 4 more.
    for (const more of ["", " --custodians 3 --verified"])
      expect((await call(`run /p --set x=3${more}`, files)).out).toBe("y\t96\n");
    const {data} = JSON.parse((await call("inspect /p --json", files)).out);
    expect(data).toMatchObject({comparisons: 1, triples: 1 + 316 + 3, policy: {output_rounding_bits: "4"}});
    expect((await call("run /p --set x=3 --custodians 3", files)).err).toContain("compat profile");
    const {status, err} = await call("compile /sq --output-rounding-bits 101");
    expect([status, err]).toMatchObject([2, expect.stringContaining("from 1 to 100")]);
  });

  test("a threshold above the custodians is refused", async () => {
    const {status, err} = await call("run /sq --set x=1 --custodians 2 --threshold 3");
    expect([status, err]).toMatchObject([3, expect.stringContaining("Invalid threshold: k=3, n=2")]);
  });
});

describe("network", () => {
  const model = readFileSync(new URL("../../../docs/examples/iris/model.json", import.meta.url), "utf8");
  const line = "network /m --out /iris.qvm --secrets-out /w";

  test("writes a program and the weights, which run takes, with lengths of a plant of each species", async () => {
    const {status, out, files} = await call(`${line} --json`, {"/m": model});
    expect([status, JSON.parse(out).data]).toEqual([
      0,
      {
        path: "/iris.qvm",
        secrets: "/w",
        weights: 243,
        inputs: ["sepal_length", "sepal_width", "petal_length", "petal_width"],
        outputs: ["class"],
      },
    ]);
    const made = Object.fromEntries(["/iris.qvm", "/w"].map((path) => [path, textOf(files.get(path)!)]));
    for (const [lengths, species] of [
      [[51, 35, 14, 2], "0"],
      [[59, 30, 42, 15], "1"],
      [[63, 33, 60, 25], "2"],
    ] as const) {
      const set = ["sepal_length", "sepal_width", "petal_length", "petal_width"]
        .map((name, at) => `--set ${name}=${lengths[at]}`)
        .join(" ");
      for (const how of ["", " --custodians 3 --verified"])
        expect((await call(`run /iris.qvm --secrets-file /w ${set}${how}`, made)).out).toBe(`class\t${species}\n`);
    }
  });

  test("costs and gives away what the tutorial says", async () => {
    const tutorial = readFileSync(new URL("../../../docs/quorum-tutorial.md", import.meta.url), "utf8");
    const {files} = await call(line, {"/m": model});
    const {out} = await call("lint /i", {"/i": textOf(files.get("/iris.qvm")!)});
    const lines = out.trimEnd().split("\n");
    expect(lines.map((each) => each.split("\t")[0])).toEqual(["output", "cost"]);
    for (const each of lines) expect(tutorial.replaceAll(/ +/g, "\t")).toContain(each);
  });

  test("refuses what is no network, bits out of range, to replace a file, and one file for both", async () => {
    expect((await call(`${line} --json`, {"/m": "{}"})).out).toContain("NETWORK_INVALID");
    for (const bits of ["16", "41"])
      expect((await call(`${line} --fraction-bits ${bits}`, {"/m": model})).status).toBe(2);
    expect((await call(line, {"/m": model, "/w": "mine"})).status).toBe(2);
    expect((await call(`${line} --force`, {"/m": model, "/w": "old"})).status).toBe(0);
    const taken = await call(`${line} --json`, {"/m": model, "/iris.qvm": "mine"});
    expect([JSON.parse(taken.out).error.code, taken.files.has("/w")]).toEqual(["FILE_EXISTS", false]);
    const {out, files} = await call("network /m --out /w --secrets-out /./w --force --json", {
      "/m": model,
      "/w": "old",
    });
    expect([JSON.parse(out).error.code, textOf(files.get("/w")!)]).toEqual(["FLAG_CONFLICT", "old"]);
  });
});

test("an IR of a package is what the reference serves", () => {
  expect(wireJson(irValue(compile(SQUARE)))).toContain('{"id":"y","type":"mul","op":"mul","inputs":["t","t"]}');
});

test("the tutorial's program is the one that the tour runs", () => {
  const tutorial = readFileSync(new URL("../../../docs/quorum-tutorial.md", import.meta.url), "utf8");
  expect(tutorial).toContain(SCORE_SOURCE);
});
