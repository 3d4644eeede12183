/** How a failed request is answered: a status and a body in the style of its route. */
import {STATUS_CODES} from "node:http";
import {object, optional, text} from "../../codecs/api/shape.js";
import {jsonText} from "../../codecs/go/quote.js";
import {QsdmError, RuleError} from "../../errors.js";
import type {ErrorStyle} from "./route.js";

/** Header that carries the code on every refusal; the reference's error bodies have no room for one. */
export const CODE_HEADER = "qsdm-error-code";
/** Header with the hint, percent-encoded. */
export const HINT_HEADER = "qsdm-error-hint";

/** Body of a refusal on our own routes. */
export const codedError = object({error: object({code: text, message: text, hint: optional(text)})});

/** What is told to the client. */
export interface Refusal {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Codes whose status is not the one of their error class. */
const STATUS_OF: Readonly<Record<string, number>> = {
  ROUTE_NOT_FOUND: 404,
  METHOD_NOT_ALLOWED: 405,
  REQUEST_TIMEOUT: 408,
  BODY_TOO_LARGE: 413,
  ENVELOPE_TOO_LARGE: 413,
  CONTENT_TYPE_UNSUPPORTED: 415,
  RATE_LIMITED: 429,
  SCRAPE_FORBIDDEN: 403,
  NGC_UNAUTHORIZED: 401,
  NVIDIA_LOCKED: 403,
  GONE: 410,
  EVENTS_PRUNED: 410,
  BLOCK_PRUNED: 410,
  EVENTS_AHEAD: 409,
  POOL_DUPLICATE: 409,
  SLASH_OFFENCE_WAITING: 409,
  TX_ID_USED: 409,
  ENVELOPE_SIGNATURE_INVALID: 422,
  POOL_NONCE_TAKEN: 409,
  NONCE_USED: 409,
  NONCE_TOO_HIGH: 409,
  NONCE_MISMATCH: 409,
  POOL_FULL: 503,
  POOL_SENDER_FULL: 503,
};
/** Refusals for which the reference answers 422; every other rule is a 400 there. */
const UNSIGNED = new Set(["SIGNATURE_INVALID", "KEY_UNKNOWN", "SENDER_MISMATCH"]);

const UNFIT_ACTION = /^(?:STREAM|CAPSULE)_/;

function statusOf(error: QsdmError, style: ErrorStyle): number {
  const status = STATUS_OF[error.code];
  if (status !== undefined) return status;
  if (error.code.endsWith("_NOT_FOUND")) return 404;
  // Payment required: what the reference's wallet route answers.
  if (style === "status" && error.code === "BALANCE_TOO_LOW") return 402;
  // Every refusal of a stream or capsule action.
  if (style === "status" && UNFIT_ACTION.test(error.code)) return 422;
  if (style !== "coded" && error instanceof RuleError && !UNSIGNED.has(error.code)) return 400;
  return error.httpStatus;
}

/** Seconds after which a client may try again; the node's own refusals say so in `retry_after_ms`. */
function retryAfter(error: QsdmError, status: number): Readonly<Record<string, string>> {
  if (status !== 429 && status !== 503) return {};
  const {retry_after_ms: waitMs} = error.details;
  return {"retry-after": typeof waitMs === "number" ? String(Math.ceil(waitMs / 1_000)) : "5"};
}

/** The refusal that `error` amounts to. Whatever is not of the error family is a bug, and its cause stays inside. */
export function refusalOf(error: unknown, style: ErrorStyle, requestId: string): Refusal {
  const known =
    error instanceof QsdmError
      ? error
      : new InternalError("INTERNAL", `internal error, request ${requestId}`, {
          hint: "the node's log has the cause under this request id",
        });
  const status = statusOf(known, style);
  const headers: Record<string, string> = {[CODE_HEADER]: known.code, ...retryAfter(known, status)};
  if (known.hint !== undefined) headers[HINT_HEADER] = encodeURIComponent(known.hint);
  return {status, headers, ...bodyOf(known, style, status)};
}

/** Only to carry a bug's answer through the same path; never thrown. */
class InternalError extends QsdmError {
  readonly exitCode = 1;
  readonly httpStatus = 500;
}

function bodyOf(error: QsdmError, style: ErrorStyle, status: number): {contentType: string; body: string} {
  const asJson = (body: string) => ({contentType: "application/json", body: `${body}\n`});
  const {code, message, hint = null} = error;
  if (style === "coded") return asJson(codedError.write({error: {code, message, hint}})!);
  // What a node cannot do now is told in this shape on every mining route of the reference.
  if (code === "MINING_UNAVAILABLE")
    return asJson(`{"detail":${jsonText(message, "html")},"error":"mining_unavailable"}`);
  if (style === "status")
    return asJson(
      `{"error":${jsonText(STATUS_CODES[status] ?? "Error", "html")},"message":${jsonText(message, "html")},"status":${status}}`,
    );
  return {contentType: "text/plain; charset=utf-8", body: `${message}\n`};
}
