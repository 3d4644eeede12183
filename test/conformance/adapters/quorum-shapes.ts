/** Values that the files of quorum programs share. */
import {type Ir, irValue, readIr} from "../../../src/codecs/quorum/ir.js";
import {type Value, type ValueObject, wireJson} from "../../../src/codecs/quorum/json.js";
import type {FieldSource} from "../../../src/node/quorum/field/random.js";
import {compile} from "../../../src/node/quorum/language/compile.js";
import type {Share} from "../../../src/node/quorum/sharing/shamir.js";
import {type Input, type Json, type Output, UnknownCase} from "../case.js";

export const bigs = (input: Input, name: string): bigint[] => input.texts(name).map(BigInt);

/** A source that draws what the case records, and no more. */
export const recordedSource = (input: Input): FieldSource => {
  const drawn = bigs(input, "rng").values();
  return () => {
    const {value, done} = drawn.next();
    if (done) throw new UnknownCase("the case records fewer draws");
    return value;
  };
};

export const shareOf = (json: Json | undefined): Share => {
  const [x, y] = json as readonly [string, string];
  return {x: BigInt(x), y: BigInt(y)};
};
export const sharesOf = (input: Input, name: string): Share[] => input.list(name).map(shareOf);

export const shareShape = ({x, y}: Share): Output => [`${x}`, `${y}`];

/** Members of an object of decimal texts, in their order. */
export const numbersOf = (input: Input): Map<string, bigint> =>
  new Map(Object.keys(input.json).map((name) => [name, input.big(name)]));

export const numbersShape = (values: ReadonlyMap<string, bigint>): Output =>
  Object.fromEntries([...values].map(([name, value]) => [name, `${value}`]));

/** Recorded JSON as the value that stood on the wire: `{"$bigint": "..."}` stands for a bare integer. */
export function wireValue(json: Json): Value {
  if (typeof json === "number") return Number.isSafeInteger(json) ? BigInt(json) : json;
  if (json === null || typeof json !== "object") return json;
  if (Array.isArray(json)) return json.map((each: Json) => wireValue(each));
  const names = Object.keys(json);
  const {$bigint: big} = json as Record<string, Json>;
  if (names.length === 1 && typeof big === "string") return BigInt(big);
  return new Map(Object.entries(json).map(([name, each]) => [name, wireValue(each as Json)]));
}

/** The other way: integers beyond what a double holds are wrapped. */
export function recordedShape(value: Value): Output {
  if (typeof value === "bigint")
    return Number.isSafeInteger(Number(value)) ? Number(value) : {$bigint: value.toString()};
  if (Array.isArray(value)) return value.map(recordedShape);
  if (value instanceof Map)
    return Object.fromEntries([...(value as ValueObject)].map(([name, each]) => [name, recordedShape(each)]));
  return value as Output;
}

/** An IR with its constants as text. */
export const irShape = (ir: Ir): Output => JSON.parse(wireJson(textConstants(irValue(ir)))) as Output;

function textConstants(value: Value): Value {
  if (typeof value === "bigint") return value.toString();
  if (Array.isArray(value)) return value.map(textConstants);
  if (value instanceof Map)
    return new Map([...(value as ValueObject)].map(([name, each]) => [name, textConstants(each)]));
  return value;
}

/** A recorded IR, whose constants are text. */
function recordedIr(json: Json | undefined): Ir {
  const object = wireValue(json ?? null) as Map<string, Value>;
  const nodes = (object.get("nodes") as Value[]).map((node) => {
    const constant = (node as ValueObject).get("value");
    return typeof constant === "string" ? new Map([...(node as ValueObject), ["value", BigInt(constant)]]) : node;
  });
  return readIr(new Map([...object, ["nodes", nodes]]));
}

/** The program of a case: its source, or an IR. */
export const programOf = (input: Input): Ir =>
  input.has("source") || input.json.source === "" ? compile(input.text("source")) : recordedIr(input.json.ir);
