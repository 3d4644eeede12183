import {readFileSync} from "node:fs";
import {mkdtemp, readdir, rm, writeFile} from "node:fs/promises";
import {tmpdir} from "node:os";
import {basename, join} from "node:path";
import {fileURLToPath} from "node:url";
import {describe, expect, onTestFinished, test} from "vitest";
import {UsageError} from "../../src/errors.js";
import {type Adapters, AnyOf, byOperation, LeftOut, OneOf} from "./case.js";
import {main} from "./main.js";
import {adapters} from "./registry.js";
import {emitLine, runVectors} from "./run.js";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const names = await readdir(ROOT, {recursive: true});
const standards = names.filter((name) => name.endsWith(".vectors.json.gz")).map((name) => join(ROOT, name));
const files = names
  .filter((name) => name.endsWith(".vectors.json"))
  .map((name) => join(ROOT, name))
  // Some files serve one test alone and name no area.
  .filter((path) => (JSON.parse(readFileSync(path, "utf8")) as {area?: string}).area !== undefined);

describe("every vector of the reference passes", () => {
  for (const path of files)
    test(basename(path), async () => {
      const results = await runVectors(readFileSync(path, "utf8"), adapters);
      expect(results.filter(({failure}) => failure !== null)).toEqual([]);
    });
});

describe("every case of NIST's and C2SP's files passes", () => {
  test("and the files are there", () => expect(standards.length).toBeGreaterThanOrEqual(10));
  for (const path of standards)
    test(basename(path), async () => {
      const lines: string[] = [];
      expect(await main([path], (line) => lines.push(line)), lines.join("\n")).toBe(0);
    });
});

describe("a file that names an algorithm", () => {
  const acvp = (...tests: object[]) => ({
    ...{algorithm: "ML-DSA", mode: "toy"},
    prompt: {testGroups: [{tgId: 1, parameterSet: "toy", tests}]},
  });
  const echo: Adapters = {
    "acvp/ML-DSA/toy": (input) => ({seen: Object.keys(input.json).sort().join(" ")}),
    "wycheproof/ML-DSA-44": (input) => ({result: "valid", seen: Object.keys(input.json).sort().join(" ")}),
  };
  const run = async (file: object) => runVectors(JSON.stringify(file), echo);

  test("of ACVP is answered from the prompt alone, and held against the expected results", async () => {
    const asked = acvp({tcId: 7, seed: "00"}, {tcId: 8, seed: "01"});
    const expectedResults = {
      testGroups: [
        {
          tgId: 1,
          tests: [
            {tcId: 7, seen: "parameterSet seed"},
            {tcId: 8, seen: "another"},
          ],
        },
      ],
    };
    const results = await run({...asked, expectedResults});
    expect(results.map(({name, failure}) => [name, failure === null])).toEqual([
      ["case 7", true],
      ["case 8", false],
    ]);
    expect((await run(asked)).map(({answer}) => answer)).toEqual([
      {output: {seen: "parameterSet seed"}},
      {output: {seen: "parameterSet seed"}},
    ]);
  });

  test("of Wycheproof hides its result and what is signed to", async () => {
    const tests = [{tcId: 1, comment: "", flags: [], msg: "00", sig: "01", result: "valid"}];
    const file = (type: string) => ({algorithm: "ML-DSA-44", testGroups: [{type, privateKey: "02", tests}]});
    const [signed] = await run(file("MlDsaSign"));
    expect(signed!.answer).toEqual({output: {result: "valid", seen: "msg privateKey type"}});
    const [verified] = await run(file("MlDsaVerify"));
    expect(verified!.answer).toEqual({output: {result: "valid", seen: "msg privateKey sig type"}});
  });

  test("is refused without tests, and for an algorithm that is not here", async () => {
    await expect(run(acvp())).rejects.toThrow("the file has no cases");
    await expect(run({algorithm: "ML-DSA-44", testGroups: []})).rejects.toThrow("the file has no cases");
    await expect(run({...acvp({tcId: 1}), algorithm: "RSA"})).rejects.toThrow('no adapter for area "acvp/RSA/toy"');
  });
});

const toy: Adapters = {
  toy: byOperation({
    double: (input) => ({value: input.number("n") * 2, list: new AnyOf([1, 2, 3])}),
    steps: (input) => ({results: input.texts("texts").map((error) => ({error, ok: false}))}),
    either: () => ({value: new OneOf(["a", "b"])}),
    refuse: () => {
      throw new UsageError("TOY", "cannot: because");
    },
  }),
};
const run = async (...cases: object[]) => {
  const results = await runVectors(JSON.stringify({area: "toy", cases}), toy);
  return results.map(({failure}) => failure);
};
const double = (n: number) => ({op: "double", n});
const refuse = {op: "refuse"};

describe("a case", () => {
  test("passes when the output is the expected one, and a choice when all of it is there", async () => {
    expect(await run({name: "a", input: double(2), expected: {value: 4, list: [3, 1]}})).toEqual([null]);
  });

  test("fails on another value, a missing or an additional member, and a choice that is not there", async () => {
    expect(await run({name: "a", input: double(2), expected: {value: 5, list: [1]}})).toEqual([
      "expected.value: want 5, got 4",
    ]);
    expect(await run({name: "a", input: double(2), expected: {value: 4, list: [1], more: 1}})).not.toContain(null);
    expect(await run({name: "a", input: double(2), expected: {list: [1]}})).not.toContain(null);
    expect(await run({name: "a", input: double(2), expected: {value: 4, list: [4]}})).not.toContain(null);
    expect(await run({name: "a", input: double(2), expected: {value: 4, list: []}})).not.toContain(null);
  });

  test("passes on any of the values that its input leaves open, and emits the first", async () => {
    const either = (value: string) => run({name: "a", input: {op: "either"}, expected: {value}});
    expect([await either("a"), await either("b")]).toEqual([[null], [null]]);
    expect(await either("c")).not.toContain(null);
    const [result] = await runVectors(JSON.stringify({area: "toy", cases: [{name: "a", input: {op: "either"}}]}), toy);
    expect(emitLine(result!)).toBe('{"area":"toy","name":"a","output":{"value":"a"}}');
  });

  test("passes on the full error text, or on the prefix", async () => {
    expect(await run({name: "a", input: refuse, error: "cannot: because"})).toEqual([null]);
    expect(await run({name: "a", input: refuse, error: "cannot: other", error_prefix: "cannot: "})).toEqual([null]);
    expect(await run({name: "a", input: refuse, error: "cannot: other"})).not.toContain(null);
    expect(await run({name: "a", input: refuse, error: "no", error_prefix: "no"})).not.toContain(null);
  });

  test("passes on a step's full error text, or on its prefix", async () => {
    const steps = (...texts: string[]) => ({op: "steps", texts});
    const result = {error: "cannot: because", error_prefix: "cannot: ", ok: false};
    expect(await run({name: "a", input: steps("cannot: because"), expected: {results: [result]}})).toEqual([null]);
    expect(await run({name: "a", input: steps("cannot: other"), expected: {results: [result]}})).toEqual([null]);
    expect(await run({name: "a", input: steps("no"), expected: {results: [result]}})).not.toContain(null);
    expect(await run({name: "a", input: steps("a", "b"), expected: {results: [result]}})).not.toContain(null);
  });

  test("fails when it should be refused and is not, and the other way round", async () => {
    expect(await run({name: "a", input: double(1), error: "cannot"})).not.toContain(null);
    expect(await run({name: "a", input: refuse, expected: {value: 2}})).not.toContain(null);
  });

  test("of what is not built neither passes nor fails, and says why", async () => {
    const file = JSON.stringify({area: "toy", cases: [{name: "a", input: {}, expected: {value: 1}}]});
    const [result] = await runVectors(file, {
      toy: () => {
        throw new LeftOut("not here");
      },
    });
    expect(result).toMatchObject({failure: null, answer: {leftOut: "not here"}});
    expect(emitLine(result!)).toBe('{"area":"toy","name":"a","left_out":"not here"}');
  });

  test("fails when the operation is unknown, even where an error is expected", async () => {
    expect(await run({name: "a", input: {op: "x"}, error: "x", error_prefix: ""})).not.toContain(null);
    expect(await run({name: "a", input: {op: "double"}})).not.toContain(null);
  });

  test("gets no look at what is expected", async () => {
    const seen: unknown[] = [];
    const spy: Adapters = {toy: (input) => void seen.push(input.json)};
    await runVectors(JSON.stringify({area: "toy", cases: [{input: {a: 1}, expected: {b: 2}}]}), spy);
    expect(seen).toEqual([{a: 1}]);
  });
});

describe("the command", () => {
  const write = async (content: string): Promise<string> => {
    const folder = await mkdtemp(join(tmpdir(), "qsdm-conformance-"));
    onTestFinished(() => rm(folder, {recursive: true}));
    const path = join(folder, "file.json");
    await writeFile(path, content);
    return path;
  };
  const call = async (...argv: string[]) => {
    const lines: string[] = [];
    return {status: await main(argv, (line) => lines.push(line)), lines};
  };
  const sound = {op: "duration", nanoseconds: "60000000000"};
  const area = "Go formatting primitives that appear inside reference strings";
  const vectors = (...cases: object[]) => write(JSON.stringify({area, cases}));

  test("ends with the totals, and with status 0 only when nothing failed", async () => {
    const good = await vectors({name: "a", input: sound, expected: {text: "1m0s"}});
    const bad = await vectors({name: "b", input: sound, expected: {text: "60s"}});
    expect(await call(good)).toEqual({status: 0, lines: ["ok   file.json: 1 passed", "1 passed, 0 failed"]});
    const both = await call(good, bad);
    expect([both.status, both.lines.at(-1)]).toEqual([1, "1 passed, 1 failed"]);
  });

  test("counts what belongs to engines that are not built apart, with the reason", async () => {
    const area = "consensus evidence ids and slashing; finality and reorg-limit gadget";
    const file = await write(JSON.stringify({area, cases: [{kind: "finality", input: {}, expect: {depth: 1}}]}));
    const reason = "depth makes nothing final here, certificates do";
    expect(await call(file)).toEqual({
      status: 0,
      lines: [`ok   file.json: 0 passed, 1 left out: ${reason}`, "0 passed, 0 failed, 1 left out"],
    });
  });

  test("fails on an unknown area, no cases, no JSON, no file and no arguments", async () => {
    for (const content of ['{"area":"?","cases":[{"input":{}}]}', `{"area":"${area}","cases":[]}`, "x", "[]", "{}"])
      expect((await call(await write(content))).status).toBe(1);
    expect((await call("/does/not/exist.json")).status).toBe(1);
    expect((await call()).status).toBe(1);
  });

  test("prints one output per case with --emit, also without expected values", async () => {
    const file = await vectors({name: "a", input: sound}, {name: "b", input: {op: "hex_decode", text: "0"}});
    const {status, lines} = await call("--emit", file);
    expect(status).toBe(0);
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
      {area, name: "a", output: {text: "1m0s"}},
      {area, name: "b", error: "encoding/hex: odd length hex string"},
    ]);
  });

  test("emits for every recorded file what the file expects", async () => {
    const path = files.find((each) => each.endsWith("hmac-bundle.vectors.json"))!;
    const file = JSON.parse(readFileSync(path, "utf8")) as {area: string; cases: Record<string, unknown>[]};
    const stripped = {area: file.area, cases: file.cases.map(({name, input}) => ({name, input}))};
    const results = await runVectors(JSON.stringify(stripped), adapters);
    const emitted = results.map((each) => JSON.parse(emitLine(each)) as {output?: unknown; error?: string});
    expect(emitted.map(({output, error}) => output ?? error)).toEqual(
      file.cases.map((each) => each.expected ?? each.error),
    );
  });
});
