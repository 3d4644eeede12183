import {describe, expect, test} from "vitest";
import {hexOf, textOf, utf8} from "../../../src/codecs/bytes.js";
import {sha256} from "../../../src/codecs/hash.js";
import {IR_MAX_NODES, irValue, readIr} from "../../../src/codecs/quorum/ir.js";
import {members, parseValue, type Value, wireJson} from "../../../src/codecs/quorum/json.js";
import {
  hashedTextOf,
  PACKAGE_MAX_BYTES,
  packProgram,
  programPackage,
  readPackage,
} from "../../../src/codecs/quorum/program-package.js";
import {compile} from "../../../src/node/quorum/language/compile.js";
import {OPERATIONS, programs, SQUARE} from "../../node/quorum/programs.js";
import {withPolicy} from "../../support/packages.js";
import {codeOf, expectLaws} from "../laws.js";

const square = packProgram(compile(SQUARE));
const text = textOf(programPackage.encode(square));
const refused = (changed: string): string => codeOf(() => programPackage.decode(utf8(changed)));

test("packages survive encode and decode, and neighbours are canonical or refused", () => {
  expectLaws(
    programPackage,
    programs(12, OPERATIONS).map(({ir}) => packProgram(ir)),
  );
});

// Section 8 of the specification.
test("the sample program has the ids of the reference", () => {
  expect(square.programId).toBe("d2a06e47d97652a7961f2c85610a743ee26f012b0b6e22ba08a4e88049f015d9");
  expect(packProgram(square.ir, {policy: {maxEvalsPerMinute: 60n}}).programId).toBe(
    "d26ad06d0e09e0350ffc2b4d4e411ac40a8b01b38cac5397b68261de0fd53665",
  );
});

describe("a package is refused", () => {
  test("when its content is not what its id says (defect D7)", () => {
    expect(refused(text.replace('"value":7', '"value":8'))).toBe("PROGRAM_ID_MISMATCH");
    expect(refused(text.replace('"budget_per_identity":5', '"budget_per_identity":500'))).toBe("PROGRAM_ID_MISMATCH");
    expect(refused(text.replace('"secret_name":"S_v"', '"secret_name":"S_w"'))).toBe("PROGRAM_ID_MISMATCH");
  });

  test("when a part is missing or of another type", () => {
    for (const name of ["program_id", "ir", "policy_manifest", "secret_manifest"]) {
      const source = new Map(square.source);
      source.delete(name);
      expect(codeOf(() => readPackage(source))).toBe("PACKAGE_INVALID");
    }
    expect(codeOf(() => readPackage(new Map([...square.source, ["version", 1n]])))).toBe("PACKAGE_INVALID");
    expect(codeOf(() => readPackage(null))).toBe("PACKAGE_INVALID");
  });

  test("when it is too large or not in its form; people's spaces are taken by the other reader", () => {
    expect(refused(" ".repeat(PACKAGE_MAX_BYTES + 1))).toBe("JSON_TOO_LARGE");
    const spaced = text.replaceAll(",", ", ");
    expect(refused(spaced)).toBe("JSON_NOT_CANONICAL");
    expect(programPackage.readCompat(utf8(spaced)).programId).toBe(square.programId);
  });
});

describe("the manifest of a program with secrets", () => {
  const two = packProgram(compile("secret a\nsecret b\nadd y = a b\noutput y"));
  const rehashed = (manifest: Value): Value => {
    const source = new Map([...two.source, ["secret_manifest", manifest]]);
    return new Map([...source, ["program_id", hexOf(sha256(utf8(hashedTextOf(source))))]]);
  };

  test("lists them in order, and one secret as the reference does", () => {
    const one = packProgram(compile("secret a\nneg y = a\noutput y"));
    expect(wireJson(two.source)).toContain('"secret_manifest":{"secret_name":"a","secret_names":["a","b"]}');
    expect(wireJson(one.source)).toContain('"secret_manifest":{"secret_name":"a"}');
    expect(wireJson(one.source)).toContain('{"id":"a","type":"secret","inputs":[]}');
    expect([one.secretNames, two.secretNames]).toEqual([["a"], ["a", "b"]]);
  });

  test("is refused when it lists others", () => {
    const manifests = [
      members({secret_name: "a"}),
      members({secret_name: "b", secret_names: ["a", "b"]}),
      members({secret_name: "a", secret_names: ["a", "c"]}),
      members({secret_name: "a", secret_names: ["a", 7n]}),
      members({secret_name: "a", secret_names: "ab"}),
      members({}),
    ];
    for (const manifest of manifests) expect(codeOf(() => readPackage(rehashed(manifest)))).toBe("PACKAGE_INVALID");
  });
});

describe("the policy of a package", () => {
  const rehashed = (changes: Readonly<Record<string, Value>>) => withPolicy(square, changes);

  test("lists the members that no field has, and keeps them", () => {
    const read = readPackage(rehashed({note: "mine", later: 7n}));
    expect(read).toMatchObject({policy: square.policy, unknownPolicy: ["note", "later"]});
    expect(wireJson(read.source)).toContain('"max_evals_per_minute":10,"note":"mine","later":7}');
    expect(readPackage(square.source).unknownPolicy).toEqual([]);
  });

  test("is refused where a field is no unsigned integer", () => {
    for (const value of [-1n, 1.5, "5", null, true])
      expect(codeOf(() => readPackage(rehashed({cost_per_eval: value})))).toBe("PACKAGE_INVALID");
  });
});

test("the version is no part of the id and may be missing", () => {
  const source = new Map(square.source);
  source.delete("version");
  expect(readPackage(source)).toMatchObject({programId: square.programId, version: null});
});

describe("an IR", () => {
  const json = wireJson(irValue(square.ir));
  const read = (changed: Value): string => codeOf(() => readIr(changed));
  const changed = (from: string, to: string): Value => {
    expect(json).toContain(from);
    return parseValue(json.replace(from, to));
  };

  test("may name its outputs in one way only", () => {
    expect(readIr(changed(',"output_node_ids":["y"]', ""))).toEqual(square.ir);
    expect(readIr(changed('"output_node_id":"y",', ""))).toEqual(square.ir);
  });

  test("is refused for every fault that evaluation would meet", () => {
    const faults: readonly (readonly [string, string])[] = [
      ['"id":"c"', '"id":"x"'],
      ['"type":"add","op":"add"', '"type":"div","op":"div"'],
      ['"op":"add"', '"op":"mul"'],
      ['"inputs":["x","c"]', '"inputs":["x"]'],
      ['"inputs":["x","c"]', '"inputs":["x","y"]'],
      ['"inputs":["x","c"]', '"inputs":["x",1]'],
      ['"inputs":["x","c"]', '"inputs":7'],
      ['"value":7', '"value":7.0'],
      ['"value":7', '"value":"7"'],
      ['"id":"c"', '"id":""'],
      ['"id":"x","type":"input","inputs":[]', '"id":"x","type":"input","inputs":["c"]'],
      ['"output_node_ids":["y"]', '"output_node_ids":[]'],
      ['"output_node_ids":["y"]', '"output_node_ids":["y","y"]'],
      ['"output_node_ids":["y"]', '"output_node_ids":["z"]'],
      ['"output_node_ids":["y"]', '"output_node_ids":["t"]'],
    ];
    for (const [from, to] of faults) expect([to, read(changed(from, to))]).toEqual([to, "IR_INVALID"]);
    for (const other of [null, [], members({}), members({nodes: [null]})]) expect(read(other)).toBe("IR_INVALID");
    const many = Array.from({length: IR_MAX_NODES + 1}, () => null);
    expect(read(members({nodes: many}))).toBe("IR_INVALID");
  });

  test("with comparisons and shifts is read in the one form in which it is written", () => {
    const ir = compile("input x\nlt l = x x\nshr s = x 16\neq y = l s\noutput y");
    const text = wireJson(irValue(ir));
    expect(text).toContain('{"id":"l","type":"lt","op":"lt","inputs":["x","x"]}');
    expect(text).toContain('{"id":"s","type":"shr","op":"shr","inputs":["x"],"bits":16}');
    expect(readIr(parseValue(text))).toEqual(ir);
    const faults: readonly (readonly [string, string])[] = [
      [',"bits":16', ""],
      ['"bits":16', '"bits":0'],
      ['"bits":16', '"bits":101'],
      ['"bits":16', '"bits":"16"'],
      ['"bits":16', '"bits":16.0'],
      ['"bits":16', '"bits":16,"value":1'],
      ['"inputs":["x"],"bits":16', '"bits":16,"inputs":["x"]'],
      ['"type":"shr","op":"shr"', '"type":"shr"'],
      ['"type":"lt","op":"lt"', '"type":"lt","op":"eq"'],
      ['"op":"lt","inputs":["x","x"]', '"op":"lt","inputs":["x","x"],"bits":16'],
      ['"op":"lt","inputs":["x","x"]', '"op":"lt","inputs":["x"]'],
    ];
    for (const [from, to] of faults) {
      expect(text).toContain(from);
      expect([to, read(parseValue(text.replace(from, to)))]).toEqual([to, "IR_INVALID"]);
    }
  });
});
