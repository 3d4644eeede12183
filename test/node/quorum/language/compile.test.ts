import fc from "fast-check";
import {describe, expect, test} from "vitest";
import {IR_MAX_NODES, type Ir, WIRE_NAME_MAX} from "../../../../src/codecs/quorum/ir.js";
import {compile, SOURCE_MAX_CHARS} from "../../../../src/node/quorum/language/compile.js";
import {integerOf} from "../../../../src/node/quorum/language/integer.js";
import {printSource} from "../../../../src/node/quorum/language/print.js";
import {OPERATIONS, programs, refusal} from "../programs.js";

const nodes = (source: string): Ir["nodes"] => compile(source).nodes;

describe("lines", () => {
  test("end at each of Python's ten separators, and CRLF is one", () => {
    for (const end of ["\n", "\r", "\r\n", "\v", "\f", "\x1c", "\x1d", "\x1e", "\x85", "\u2028", "\u2029"])
      expect(refusal(`input x${end}bad`)).toBe("Line 2: unknown keyword 'bad'");
    expect(refusal("input x\x1fbad")).toBe("No output statement found");
  });

  test("split at white space, which U+200B and U+FEFF are not", () => {
    for (const space of ["\t", "\x1f", " ", "\x85", "\xa0", "\u1680", "\u2003", "\u202f", "\u205f", "\u3000"])
      if (space !== "\x85") expect(nodes(`input${space}x\noutput x`)).toEqual([{type: "input", id: "x"}]);
    for (const other of ["\u200b", "\ufeff"])
      expect(refusal(`input${other}x`)).toBe(`Line 1: unknown keyword 'input${other}x'`);
  });
});

describe("integer literals", () => {
  test("take a sign, leading zeros, single underscores and the digits of any script", () => {
    expect(["+7", "-0_07", "1_000", "٣٤", "𝟙𝟚", "9٠"].map(integerOf)).toEqual([7n, -7n, 1000n, 34n, 12n, 90n]);
  });

  test("are nothing else", () => {
    for (const text of ["", "+", "_1", "1_", "1__0", "0x1", "1.0", "1e3", "--1", "½", "²", "1 0"])
      expect(integerOf(text)).toBeNull();
  });

  test("end at 4300 digits", () => {
    expect(integerOf("9".repeat(4300))).toBe(10n ** 4300n - 1n);
    expect(integerOf("9".repeat(4301))).toBeNull();
  });
});

describe("macros", () => {
  test("refuse arguments and names in the order in which they are looked at", () => {
    expect(refusal("input x\ndot x = q")).toBe("Line 2: duplicate identifier 'x'");
    expect(refusal("input x\ndot d = q")).toBe("Line 2: dot requires even number of args (pairs)");
    expect(refusal("input x\ndot d = x q")).toBe("Line 2: undefined identifier 'q'");
  });

  test("do not take a name that the program uses (defect D23), whichever of its wires it is", () => {
    for (const taken of ["__dot_d_m_1", "__dot_d_m_2", "__dot_d_s_4"])
      expect(refusal(`input y\ninput ${taken}\ndot d = y y y y y y\noutput d`)).toBe(
        `Line 3: duplicate identifier '${taken}'`,
      );
    expect(refusal("input y\nconst __poly_p_z_1 = 1\npolyeval p = y y\noutput p")).toContain("duplicate identifier");
    expect(refusal("input y\ndot d = y y\ninput __dot_d_z_2\noutput d")).toBe(
      "Line 3: duplicate identifier '__dot_d_z_2'",
    );
  });
});

describe("shr", () => {
  test("takes a distance of 1 to 100 bits, which is looked at last", () => {
    expect(nodes("input x\nshr y = x 100\noutput y")[1]).toEqual({type: "shr", id: "y", inputs: ["x"], bits: 100});
    expect(refusal("input x\nshr x = q 0")).toBe("Line 2: duplicate identifier 'x'");
    expect(refusal("input x\nshr y = x")).toBe("Line 2: incomplete statement");
    expect(refusal("input x\nshr y = q 0")).toBe("Line 2: undefined identifier 'q'");
    for (const bits of ["0", "101", "-1", "x", "1.5"])
      expect(refusal(`input x\nshr y = x ${bits}`)).toBe(
        `Line 2: number of bits from 1 to 100 expected, not '${bits}'`,
      );
    expect(refusal("input x\nshr y = x 3 4", true)).toBe("Line 2: unexpected '4'");
  });
});

describe("strict syntax", () => {
  test("takes what is written as the reference describes it", () => {
    expect(refusal("input x\nconst c = 7\nmux m = x x c\ndot d = x c\noutput d m", true)).toBe("accepted");
  });

  test("refuses a word that is never looked at, which is otherwise ignored", () => {
    const cases = {
      "input x y": "Line 1: unexpected 'y'",
      "const c = 1 # one": "Line 1: unexpected '#'",
      "input x\nadd t x x x": "Line 2: '=' expected, not 'x'",
      "input x\nneg t = x x": "Line 2: unexpected 'x'",
      "input x\ndot d x x x": "Line 2: '=' expected, not 'x'",
    };
    for (const [source, message] of Object.entries(cases)) {
      expect(refusal(source, true)).toBe(message);
      expect(refusal(source)).not.toBe(message);
    }
  });
});

test("limits hold: size of the source, number of nodes, length of a name and of all names", () => {
  expect(refusal(" ".repeat(SOURCE_MAX_CHARS + 1))).toContain("source of more than");
  expect(refusal(`input ${"x".repeat(WIRE_NAME_MAX + 1)}`)).toContain("identifier of more than");
  const many = `input x\ndot d =${" x x".repeat(IR_MAX_NODES / 2 + 1)}`;
  expect(refusal(many)).toBe(`Line 2: more than ${IR_MAX_NODES} nodes`);
  const quotients = Array.from({length: 10}, (_, at) => `div ${"q".repeat(990)}${at} = x x 64`);
  expect(refusal(["input x", ...quotients].join("\n"))).toMatch(/^Line 8: names of more than 8388608 characters/);
});

test("a printed program compiles to the same IR", () => {
  fc.assert(
    fc.property(programs(12, OPERATIONS), ({ir}) => {
      expect(compile(printSource(ir))).toEqual(ir);
    }),
  );
});
