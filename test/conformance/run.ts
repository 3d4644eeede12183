/** Runs the cases of one vector file. */
import {isDeepStrictEqual} from "node:util";
import {QsdmError} from "../../src/errors.js";
import {type Adapter, type Adapters, AnyOf, Input, type Json, LeftOut, OneOf, Ours, type Output} from "./case.js";
import {DEFECTS} from "./defects.js";
import {standardFile} from "./standards.js";

/** What a build makes of one case. */
export type Answer =
  | {readonly output: Output}
  | {readonly error: string}
  | {readonly leftOut: string}
  | {readonly crash: string};

export interface CaseResult {
  readonly area: string;
  readonly name: string;
  readonly answer: Answer;
  /** What differs; null when the case passes, and where it was left out. */
  readonly failure: string | null;
  /** Ids of the defects that changed what was recorded. */
  readonly defects: readonly string[];
}

/** A vector file that cannot be run at all. */
export class UnusableFile extends Error {
  readonly code = "VECTORS_UNUSABLE";
}

/** Answers every case of a file. Expected values are compared where the file has them. */
export async function runVectors(text: string, adapters: Adapters): Promise<readonly CaseResult[]> {
  const {area, cases} = openFile(text);
  const adapter = Object.hasOwn(adapters, area) ? adapters[area] : undefined;
  if (adapter === undefined) throw new UnusableFile(`no adapter for area "${area}"`);
  const results: CaseResult[] = [];
  for (const [i, each] of cases.entries()) {
    const name = typeof each.json.name === "string" ? each.json.name : `case ${i}`;
    const answer = await answerOf(adapter, each);
    const {corrected, defects} = corrections(area, each);
    results.push({area, name, answer, failure: compare(corrected, answer), defects});
  }
  return results;
}

function openFile(text: string): {readonly area: string; readonly cases: readonly Input[]} {
  let file: Input;
  try {
    file = Input.of(JSON.parse(text) as Json);
  } catch {
    throw new UnusableFile("not a vector file: no JSON object");
  }
  const {area, cases} = standardFile(file) ?? ownFile(file);
  if (cases.length === 0) throw new UnusableFile("the file has no cases");
  return {area, cases};
}

function ownFile(file: Input): {readonly area: string; readonly cases: readonly Input[]} {
  if (!file.has("area") || !file.has("cases"))
    throw new UnusableFile('not a vector file: "area" and "cases", or "algorithm", are missing');
  return {area: file.text("area"), cases: file.objects("cases")};
}

async function answerOf(adapter: Adapter, each: Input): Promise<Answer> {
  try {
    return {output: await adapter(inputOf(each), each.textOr("kind"))};
  } catch (error) {
    if (error instanceof QsdmError) return {error: error.message};
    if (error instanceof LeftOut) return {leftOut: error.message};
    return {crash: error instanceof Error ? `${error.name}: ${error.message}` : String(error)};
  }
}

/**
 * What an adapter gets: the input alone, so that it cannot look at what is expected. A case that is nothing but a
 * recorded document has no input; the document is read, and its parts and bytes are made again from what was read.
 */
function inputOf(each: Input): Input {
  if (each.has("input")) return each.object("input");
  const recorded = each.json.expected ?? each.json.expect;
  return recorded === undefined ? new Input({}) : Input.of(recorded);
}

/** A case as it should have been recorded: each row corrects what the rows before it left. */
function corrections(area: string, each: Input): {readonly corrected: Input; readonly defects: readonly string[]} {
  const recorded = each.json.expected ?? each.json.expect;
  if (recorded === undefined) return {corrected: each, defects: []};
  const defects: string[] = [];
  let expected = recorded;
  for (const {id, areas, correct} of DEFECTS) {
    if (!areas.includes(area)) continue;
    const corrected = correct(expected, inputOf(each));
    if (isDeepStrictEqual(corrected, expected)) continue;
    defects.push(id);
    expected = corrected;
  }
  return {corrected: defects.length === 0 ? each : new Input({...each.json, expected}), defects};
}

/** What is wrong with `answer`, or null. A case without expected values passes unless the build crashes. */
export function compare(each: Input, answer: Answer): string | null {
  if ("crash" in answer) return `crashed: ${answer.crash}`;
  if ("leftOut" in answer) return null;
  if (each.has("error")) {
    const want = errorText(each);
    if (want === null) return "error" in answer ? null : `want an error, got ${show(answer.output)}`;
    if (!("error" in answer)) return `want error ${JSON.stringify(want)}, got ${show(answer.output)}`;
    const matches =
      answer.error === want || (each.has("error_prefix") && answer.error.startsWith(each.text("error_prefix")));
    return matches ? null : `want error ${JSON.stringify(want)}, got ${JSON.stringify(answer.error)}`;
  }
  const want = withoutRule(each.json.expected ?? each.json.expect);
  if (want === undefined) return null;
  if ("error" in answer) return `want ${show(want)}, got error ${JSON.stringify(answer.error)}`;
  // Through JSON, so that a member set to undefined counts as absent, as it does in what --emit prints.
  const got = plainJson(pick(answer.output, want));
  return isDeepStrictEqual(got, want) ? null : differences(want, got, "expected");
}

/** What is expected as values; a `rule` is prose that the adapter holds its answer to. */
function withoutRule(want: Json | undefined): Json | undefined {
  if (want === undefined || !isObject(want) || Array.isArray(want) || !("rule" in want)) return want;
  const {rule: _prose, ...values} = want as {readonly [name: string]: Json};
  return values;
}

/** The text of a recorded error, `null` where any refusal will do. */
function errorText(each: Input): string | null {
  if (typeof each.json.error === "string") return each.json.error;
  return each.has("text_required") && !each.flag("text_required") ? null : each.object("error").text("text");
}

/**
 * The output with each choice narrowed to what the case records, and each error inside it that has the recorded text's
 * prefix made that text: what follows the prefix is another library's.
 */
function pick(output: Output, want: Json | undefined): Output {
  if (output instanceof AnyOf) {
    if (!Array.isArray(want) || want.length === 0) return output;
    const items = output.items.map(plainJson);
    return want.filter((each) => items.some((item) => isDeepStrictEqual(item, each)));
  }
  if (output instanceof OneOf) {
    const picked = output.values.map((value) => pick(value, want));
    return picked.find((value) => isDeepStrictEqual(plainJson(value), want)) ?? output;
  }
  if (output instanceof Ours) return output.fits(want) ? want : output;
  if (typeof output !== "object" || output === null) return output;
  if (Array.isArray(output))
    return output.map((each: Output, i) => pick(each, Array.isArray(want) ? want[i] : undefined));
  const wanted = isObject(want) ? want : {};
  const {error, error_prefix: prefix} = wanted;
  if (typeof prefix === "string" && "error" in output && typeof output.error === "string") {
    const {error: got, ...rest} = output;
    return {...rest, error: got.startsWith(prefix) ? error : got, error_prefix: prefix};
  }
  return Object.fromEntries(Object.entries(output).map(([key, value]) => [key, pick(value, wanted[key])]));
}

const plainJson = (value: Output): Json => JSON.parse(JSON.stringify(value ?? null)) as Json;

const show = (value: Output): string => {
  const text = JSON.stringify(value) ?? "nothing";
  return text.length > 300 ? `${text.slice(0, 300)}...` : text;
};

/** The first place where two values part. */
function differences(want: Json, got: Json, path: string): string {
  if (isObject(want) && isObject(got) && Array.isArray(want) === Array.isArray(got)) {
    for (const key of new Set([...Object.keys(want), ...Object.keys(got)])) {
      const [a, b] = [want[key], got[key]];
      if (isDeepStrictEqual(a, b)) continue;
      if (a === undefined) return `${path}.${key}: want nothing, got ${show(b)}`;
      if (b === undefined) return `${path}.${key}: want ${show(a)}, got nothing`;
      return differences(a, b, `${path}.${key}`);
    }
  }
  return `${path}: want ${show(want)}, got ${show(got)}`;
}

const isObject = (value: Json | undefined): value is {readonly [name: string]: Json} =>
  typeof value === "object" && value !== null;

/** Line that `--emit` prints for a case. */
export function emitLine({area, name, answer}: CaseResult): string {
  if ("output" in answer) return JSON.stringify({area, name, output: answer.output ?? null});
  if ("leftOut" in answer) return JSON.stringify({area, name, left_out: answer.leftOut});
  return JSON.stringify({area, name, error: "error" in answer ? answer.error : `crashed: ${answer.crash}`});
}
