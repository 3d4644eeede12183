/**
 * The language of quorum programs: one statement a line, a keyword and names. `docs/quorum-language.md` is its
 * reference. Which of several faults is reported follows from the order of checks here.
 */
import {type Ir, OPERANDS, type OperationNode} from "../../../codecs/quorum/ir.js";
import {Draft, refuseSource} from "./draft.js";
import {integerOf} from "./integer.js";
import {type Statement, statementsOf} from "./lines.js";
import {expandDot, expandPolyeval} from "./macros.js";
import {expandMatvec} from "./matvec.js";
import {expandStatement, isStatement, STATEMENT_WORDS} from "./statements.js";

/** Longest source, in characters. */
export const SOURCE_MAX_CHARS = 1024 * 1024;

export interface CompileOptions {
  /**
   * Whether what the reference never looks at is refused: another word than `=` after the name, and words after the
   * last one that a statement needs.
   */
  readonly strictSyntax?: boolean;
}

/** Place of a statement's first operand: keyword, name and `=` stand before it. */
const FIRST = 3;

/** @throws DecodeError SOURCE_INVALID naming the line */
export function compile(source: string, {strictSyntax = false}: CompileOptions = {}): Ir {
  if (source.length > SOURCE_MAX_CHARS) refuseSource(null, `source of more than ${SOURCE_MAX_CHARS} characters`);
  const draft = new Draft();
  for (const statement of statementsOf(source)) {
    if (strictSyntax) checkSyntax(statement);
    compileStatement(draft, statement);
  }
  return draft.finish();
}

function compileStatement(draft: Draft, {line, tokens}: Statement): void {
  const keyword = tokens[0]!.toLowerCase();
  const token = (at: number): string => tokens[at] ?? refuseSource(line, "incomplete statement");
  const newName = (): string => {
    const name = token(1);
    draft.checkNew(line, name);
    return name;
  };
  switch (keyword) {
    case "input":
      draft.add(line, {type: "input", id: newName()});
      return;
    case "secret":
      draft.add(line, {type: "secret", id: newName()});
      return;
    case "const": {
      const name = newName();
      const literal = token(FIRST);
      const value = integerOf(literal) ?? refuseSource(line, `invalid integer literal '${literal}'`);
      draft.add(line, {type: "const", id: name, value});
      return;
    }
    case "dot":
      return expandDot(draft, {line, name: newName(), args: tokens.slice(FIRST)});
    case "polyeval":
      return expandPolyeval(draft, {line, name: newName(), args: tokens.slice(FIRST)});
    case "matvec":
      return expandMatvec(draft, {line, name: newName(), args: tokens.slice(FIRST)});
    case "output":
      for (const name of tokens.slice(1)) draft.addOutput(line, name);
      return;
  }
  if (isStatement(keyword)) return expandStatement(draft, keyword, {line, name: newName(), args: tokens.slice(FIRST)});
  if (!Object.hasOwn(OPERANDS, keyword)) refuseSource(line, `unknown keyword '${keyword}'`);
  const type = keyword as Exclude<OperationNode["type"], "shr">;
  const id = newName();
  const inputs = Array.from({length: OPERANDS[type]}, (_, at) => token(FIRST + at));
  draft.checkDefined(line, inputs);
  draft.add(line, {type, id, inputs});
}

/** Words of the statements that take no list. */
const LENGTHS: Readonly<Record<string, number>> = {
  input: 2,
  secret: 2,
  const: FIRST + 1,
  ...Object.fromEntries(Object.entries(OPERANDS).map(([type, count]) => [type, FIRST + count])),
  ...Object.fromEntries(Object.entries(STATEMENT_WORDS).map(([keyword, count]) => [keyword, FIRST + count])),
};

function checkSyntax({line, tokens}: Statement): void {
  const keyword = tokens[0]!.toLowerCase();
  const extra = tokens[LENGTHS[keyword] ?? tokens.length];
  if (extra !== undefined) refuseSource(line, `unexpected '${extra}'`);
  const assigns = keyword !== "input" && keyword !== "secret" && keyword !== "output";
  if (assigns && tokens[2] !== undefined && tokens[2] !== "=") refuseSource(line, `'=' expected, not '${tokens[2]}'`);
}
