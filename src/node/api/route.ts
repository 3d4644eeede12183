/**
 * One HTTP route as data. The server, the client, the OpenAPI document and the tests are all made from the table of
 * routes, so none of them can know a route that another does not.
 */
import type {Topic} from "../../codecs/api/events.js";
import {parseJson} from "../../codecs/api/json.js";
import type {Schema, Shape} from "../../codecs/api/shape.js";
import {textOf} from "../../codecs/bytes.js";
import {InvariantError} from "../../errors.js";
import type {Param, ParamValue} from "./param.js";
import type {ApiPorts} from "./ports.js";

/** Who may call. `scrape`: whoever holds the scrape secret, or anyone on this machine when there is none. */
export type AuthClass = "public" | "scrape" | "sidecar";

/**
 * What a refusal looks like. `coded` is ours; `status` and `text` are the reference's, which clients of its routes
 * tell apart.
 */
export type ErrorStyle = "coded" | "status" | "text";

/** A request body, handed to the handler as bytes. */
export interface BodySpec {
  readonly contentType: string;
  /** Another form that the route takes as well, which its handler tells apart. */
  readonly alsoTakes?: string;
  readonly maxBytes: number;
  readonly description: string;
}

/** The form of an answer. */
export interface Wire<O> {
  readonly contentType: string;
  encode(value: O): string;
  /** @throws DecodeError */
  decode(raw: Uint8Array): O;
  readonly schema: Schema;
  /** Whether what the handler gives is told as events, for as long as the reader stays. */
  readonly streams?: true;
}

/** What handlers get: the node, and what the server itself can answer. */
export interface RoutePorts {
  readonly node: ApiPorts;
  /** The metrics of this node in the text exposition format. */
  scrape(): Promise<string>;
  /** Whether storage and block production work. */
  healthy(): boolean;
  /** The OpenAPI document. */
  openApi(): string;
}

type Params = Readonly<Record<string, Param<never> | Param<unknown>>>;
type ParamValues<P> = {readonly [K in keyof P]: ParamValue<P[K]>};
type BodyValue<B> = B extends BodySpec ? {readonly body: Uint8Array} : unknown;

export interface Route<P extends Params = Params, B extends BodySpec | null = BodySpec | null, O = unknown> {
  readonly method: "GET" | "POST";
  /** With `{name}` for each parameter of the path. */
  readonly path: string;
  /** One line, no full stop. */
  readonly summary: string;
  readonly auth: AuthClass;
  readonly errors: ErrorStyle;
  /** Work that a request causes, in verifications of one signature. */
  readonly cost: number;
  readonly params: P;
  readonly body: B;
  /** Whether it moves money or bonds, and stays shut while an operator's NVIDIA lock is. */
  readonly locked?: true;
  /** The account that the body names, which pays `cost` as well. */
  readonly payer?: (body: Uint8Array) => string | null;
  readonly reply: Wire<O>;
  /** Status of an answer, where there are several; the first of `statuses` unless given. */
  readonly statusOf?: (value: O) => number;
  /** Every status with which `reply` comes. */
  readonly statuses: readonly number[];
  /** Further statuses with which a node of QSDM answers the same; this one never does. */
  readonly referenceStatuses: readonly number[];
  handle(input: ParamValues<P> & BodyValue<B>, ports: RoutePorts): O | Promise<O>;
}

/** What a route takes. */
export type InputOf<R> = R extends Route<infer P, infer B, infer _> ? ParamValues<P> & BodyValue<B> : never;
/** What a route answers. */
export type OutputOf<R> = R extends Route<infer _P, infer _B, infer O> ? O : never;
/** A route of any types, for code that walks the table. */
// biome-ignore lint/suspicious/noExplicitAny: a handler's input is contravariant, so no narrower type holds them all
export type AnyRoute = Route<any, any, any>;

/** `spec` with its types inferred and the usual statuses filled in. */
export const route = <const P extends Params, B extends BodySpec | null, O>(
  spec: Omit<Route<P, B, O>, "statuses" | "referenceStatuses"> &
    Partial<Pick<Route<P, B, O>, "statuses" | "referenceStatuses">>,
): Route<P, B, O> => ({statuses: [200], referenceStatuses: [], ...spec});

/** The status that `value` is answered with. */
export const statusOf = ({statusOf: chosen, statuses}: AnyRoute, value: unknown): number =>
  chosen?.(value) ?? statuses[0]!;

/** A JSON document, ended by a line feed as the reference's writer does. */
export const json = <O>(shape: Shape<O>): Wire<O> => ({
  contentType: "application/json",
  encode: (value) => `${shape.write(value)}\n`,
  decode: (raw) => shape.read(parseJson(textOf(raw)), "answer"),
  schema: shape.schema,
});

/** What a reader of events wants. */
export interface Subscription {
  /** Everything up to this number is known. */
  readonly after: bigint;
  readonly topics: readonly Topic[];
}

/** Server-sent events. Neither side has them whole, so neither direction of this form is ever called. */
export const eventStream = (schema: Schema): Wire<Subscription> => {
  const whole = (): never => {
    throw new InvariantError("a stream has no whole");
  };
  return {contentType: EVENT_STREAM, encode: whole, decode: whole, schema, streams: true};
};

export const EVENT_STREAM = "text/event-stream";

/** Text as it is. */
export const plainText = (contentType: string): Wire<string> => ({
  contentType,
  encode: (value) => value,
  decode: (raw) => textOf(raw),
  schema: {type: "string"},
});
