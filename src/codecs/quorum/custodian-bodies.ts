/** Requests and answers of a custodian's HTTP API, byte for byte the reference's. Source: section 16. */
import {
  anyObject,
  count,
  integer,
  list,
  nullable,
  object,
  type Read,
  record,
  type Schema,
  shortText,
  text,
} from "./body.js";
import {isList, isObject, members, type Value} from "./json.js";

/** Most numbers in one list of x coordinates. */
const COORDINATES_MAX = 256;
/** Largest number of a triple that is kept exactly. */
export const TRIPLE_INDEX_MAX = 2 ** 48;

const coordinates: Schema<readonly bigint[]> = {
  read(value, place, faults) {
    const xs = list(integer).read(value, place, faults);
    if (xs === undefined || xs.length <= COORDINATES_MAX) return xs;
    const message = `List should have at most ${COORDINATES_MAX} items after validation, not ${xs.length}`;
    faults.push({type: "too_long", place, message, input: null});
    return undefined;
  },
};

/** A point as `[x, y]`. */
const point: Schema<{readonly x: bigint; readonly y: bigint}> = {
  read(value, place, faults) {
    const pair = list(integer).read(value, place, faults);
    if (pair === undefined) return undefined;
    if (pair.length === 2) return {x: pair[0]!, y: pair[1]!};
    faults.push({type: "value_error", place, message: "Value error, a share is [x, y]", input: value});
    return undefined;
  },
};

const triple = object({a: point, b: point, c: point});
/** One triple, or a list of them. */
const triples: Schema<readonly Read<typeof triple>[]> = {
  read(value, place, faults) {
    if (isList(value)) return list(triple).read(value, place, faults);
    const one = triple.read(value, place, faults);
    return one && [one];
  },
};

/** Ours: names one refresh, so that a custodian which is sent it twice adds it once. */
const refreshId = nullable(shortText(64));

const masked = object({node_id: text, epsilon_share: integer, delta_share: integer});

export const custodianBodies = {
  /** `secret_shares` is ours: points of the secrets beyond the first. */
  install: object({
    program_package: anyObject,
    share_x: integer,
    share_y: integer,
    secret_shares: nullable(record(point)),
  }),
  installBeaver: object({
    program_id: text,
    triple_shares: record(triples),
    first_index: nullable(count(0, TRIPLE_INDEX_MAX)),
  }),
  approve: object({program_id: text}),
  evaluate: object({
    program_id: text,
    request_id: text,
    input_shares: record(object({x: integer, y: integer})),
    triple_index: nullable(count(0, TRIPLE_INDEX_MAX)),
  }),
  beaverShares: object({request_id: text, from_custodian: integer, shares: list(masked)}),
  resolve: object({program_id: text, request_id: text, mul_node_ids: list(text)}),
  round2: object({
    program_id: text,
    request_id: text,
    resolutions: list(object({node_id: text, epsilon: integer, delta: integer})),
  }),
  /** `secret_name` is ours, here and below: which secret, where a program has several. */
  reshareGenerate: object({
    program_id: text,
    target_x_coords: coordinates,
    k: count(1, COORDINATES_MAX),
    secret_name: nullable(text),
    refresh_id: refreshId,
  }),
  reshareApply: object({
    program_id: text,
    sub_shares: list(integer),
    secret_name: nullable(text),
    refresh_id: refreshId,
  }),
  reshareSetShare: object({
    program_id: text,
    secret_name: nullable(text),
    share_x: integer,
    share_y: integer,
    program_package: nullable(anyObject),
  }),
  resharePartial: object({
    program_id: text,
    target_x: integer,
    participant_x_coords: coordinates,
    secret_name: nullable(text),
  }),
} as const;

/** Shares of the outputs as they stand in an answer. */
export interface OutputShares {
  readonly x: bigint;
  readonly outputs: ReadonlyMap<string, bigint>;
}

/** `{"x","y","request_id"[,"outputs"]}`: y is the first output's share. */
export function outputsBody({x, outputs}: OutputShares, requestId: string, status?: "done"): Value {
  const [first] = outputs.values();
  return members({
    ...(status === undefined ? {} : {status}),
    x,
    y: `${first}`,
    request_id: requestId,
    ...(outputs.size > 1 ? {outputs: new Map([...outputs].map(([name, y]) => [name, `${y}`]))} : {}),
  });
}

/** The shares in an answer, or `null` where it holds none of the outputs in `names`. */
export function readOutputs(value: Value, names: readonly string[]): OutputShares | null {
  if (!isObject(value)) return null;
  const number = (each: Value | undefined): bigint | undefined =>
    each === undefined ? undefined : integer.read(each, [], []);
  const x = number(value.get("x"));
  const listed = value.get("outputs");
  const outputs = names.map((name) =>
    number(isObject(listed) ? listed.get(name) : names.length === 1 ? value.get("y") : undefined),
  );
  if (x === undefined || outputs.some((each) => each === undefined)) return null;
  return {x, outputs: new Map(names.map((name, at) => [name, outputs[at]!]))};
}

/** One product's masked shares. */
export interface MaskedProduct {
  readonly node: string;
  readonly masked: {readonly epsilon: bigint; readonly delta: bigint};
}

const productsValue = (products: readonly MaskedProduct[]): Value =>
  products.map(({node, masked: {epsilon, delta}}) =>
    members({node_id: node, epsilon_share: `${epsilon}`, delta_share: `${delta}`}),
  );

export const pendingBody = (products: readonly MaskedProduct[], requestId: string): Value =>
  members({status: "mul_pending", mul_requests: productsValue(products), request_id: requestId});

/** The products that an answer waits for, or `null` where it is no such answer. */
export function readPending(value: Value): readonly MaskedProduct[] | null {
  if (!isObject(value) || value.get("status") !== "mul_pending") return null;
  const products = list(masked).read(value.get("mul_requests") ?? null, [], []);
  if (products === undefined) return null;
  return products.map(({node_id, epsilon_share, delta_share}) => ({
    node: node_id,
    masked: {epsilon: epsilon_share, delta: delta_share},
  }));
}

export const peerSharesBody = (requestId: string, from: bigint, products: readonly MaskedProduct[]): Value =>
  members({request_id: requestId, from_custodian: from, shares: productsValue(products)});
