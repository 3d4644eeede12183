/** Routes of the quorum services as data, and how a request finds its answer. No socket is needed to ask. */
import {type BodyFault, FAULTS_MAX, type Schema} from "../../../codecs/quorum/body.js";
import {isList, isObject, members, parseValue, type Value, wireJson} from "../../../codecs/quorum/json.js";
import {DecodeError, QsdmError} from "../../../errors.js";

type Method = "GET" | "POST" | "DELETE";

export interface QuorumRoute {
  readonly method: Method;
  /** A path; a last part in braces is handed to the handler. */
  readonly path: string;
  answer(body: Value, last: string, query: URLSearchParams): Value | Promise<Value>;
}

export interface QuorumRequest {
  readonly method: string;
  readonly path: string;
  /** Without the question mark. */
  readonly query?: string;
  /** Text of the body; empty where there is none. */
  readonly body: string;
}
export interface QuorumAnswer {
  readonly status: number;
  readonly body: Value;
  readonly headers?: Readonly<Record<string, string>>;
  /** What went wrong where nobody was to blame: a bug, for the log. */
  readonly bug?: unknown;
}

/** A route whose body is read by `schema` first. */
export const post = <T>(path: string, schema: Schema<T>, answer: (body: T) => Value | Promise<Value>): QuorumRoute => ({
  method: "POST",
  path,
  answer(value) {
    const faults: BodyFault[] = [];
    const body = schema.read(value, ["body"], faults);
    if (faults.length > 0) throw new BodyRefused(faults);
    return answer(body as T);
  },
});

export const get = (path: string, answer: (last: string, query: URLSearchParams) => Value): QuorumRoute => ({
  method: "GET",
  path,
  answer: (_body, last, query) => answer(last, query),
});

export const remove = (path: string, answer: (last: string) => Value): QuorumRoute => ({
  method: "DELETE",
  path,
  answer: (_body, last) => answer(last),
});

/** A body that does not fit its schema. */
class BodyRefused extends DecodeError {
  constructor(readonly faults: readonly BodyFault[]) {
    super("BODY_INVALID", faults[0]!.message);
  }
}

/**
 * Status of a refusal by its code. The reference answers rules with 400 and what is absent with 404; what it forgot to
 * refuse has the status that its table of defects asks for.
 */
const STATUS_OF: Readonly<Record<string, number>> = {
  PROGRAM_NOT_FOUND: 404,
  PROGRAM_NOT_INSTALLED: 404,
  EVALUATION_NOT_FOUND: 404,
  SHARE_NOT_FOUND: 404,
  SIGNATURE_INVALID: 403,
  POLICY_REFUSED: 429,
  TRIPLES_EXHAUSTED: 409,
  TRIPLE_MISSING: 409,
  SECRET_MISSING: 409,
  PRODUCT_OF_SHARES: 409,
  TRIPLE_SPENT: 409,
  TRIPLE_NUMBER_USED: 409,
  TRIPLE_POOL_FULL: 409,
  PEER_SHARE_REPEATED: 409,
  REQUEST_ID_USED: 409,
  PEER_SHARES_MISSING: 503,
  CUSTODIANS_MISSING: 503,
  CUSTODIANS_DISAGREE: 503,
};

/** The answer to `request`. Never throws. */
export async function answerRequest(
  routes: readonly QuorumRoute[],
  {method, path, query = "", body}: QuorumRequest,
): Promise<QuorumAnswer> {
  const found = routes.flatMap((route) => {
    const last = match(route.path, path);
    return last === null ? [] : [{route, last}];
  });
  const hit = found.find(({route}) => route.method === method);
  if (!hit) {
    if (found.length === 0) return refusal(404, "Not Found");
    const allow = found.map(({route}) => route.method).join(", ");
    return {...refusal(405, "Method Not Allowed"), headers: {allow}};
  }
  try {
    const value = hit.route.method === "POST" ? parseValue(body) : null;
    return {status: 200, body: await hit.route.answer(value, hit.last, new URLSearchParams(query))};
  } catch (error) {
    return refusalOf(error, body);
  }
}

/** The part in braces, empty where the path has none, `null` where it is another path. */
function match(pattern: string, path: string): string | null {
  const at = pattern.indexOf("{");
  if (at < 0) return pattern === path ? "" : null;
  if (!path.startsWith(pattern.slice(0, at))) return null;
  const last = path.slice(at);
  if (last === "" || last.includes("/")) return null;
  try {
    return decodeURIComponent(last);
  } catch {
    return null;
  }
}

const refusal = (status: number, detail: Value): QuorumAnswer => ({status, body: members({detail})});

function refusalOf(error: unknown, body: string): QuorumAnswer {
  if (error instanceof BodyRefused)
    return refusal(
      422,
      error.faults
        .slice(0, FAULTS_MAX)
        .map(({type, place, message, input}) =>
          members({type, loc: place.map(excerpt), msg: message, input: excerpt(input)}),
        ),
    );
  if (error instanceof DecodeError && error.code === "JSON_INVALID") {
    const {offset = 0} = error.details as {offset?: number};
    const loc: Value = ["body", BigInt(offset)];
    return refusal(422, [members({type: "json_invalid", loc, msg: "JSON decode error", input: excerpt(body)})]);
  }
  if (error instanceof QsdmError) return refusal(STATUS_OF[error.code] ?? 400, error.message);
  return {status: 500, body: members({detail: "Internal Server Error"}), bug: error};
}

/** Longest text of an input that is told back, in characters. */
const EXCERPT_CHARACTERS = 256;
/** Most values, and characters in all, of an input that is told back whole. */
const EXCERPT_SIZE = 1_024;

/** What is told back of an input: a long text's beginning, and nothing of a large list, object or number. */
function excerpt(input: Value): Value {
  if (typeof input === "string") return input.slice(0, EXCERPT_CHARACTERS);
  return sizeLeft(input, EXCERPT_SIZE) >= 0 ? input : null;
}

/** `left` without what `value` takes of it, negative once it is exceeded. Looks no further than that. */
function sizeLeft(value: Value, left: number): number {
  if (typeof value === "string") return left - 1 - value.length;
  if (typeof value === "bigint") return value >> 256n === 0n || value >> 256n === -1n ? left - 1 : -1;
  if (isObject(value)) {
    for (const [name, each] of value) {
      left = sizeLeft(each, left - name.length);
      if (left < 0) break;
    }
  } else if (isList(value)) {
    for (const each of value) {
      left = sizeLeft(each, left);
      if (left < 0) break;
    }
  }
  return left - 1;
}

/** Text of an answer's body. */
export const answerText = ({body}: QuorumAnswer): string => wireJson(body);
