/** Answers that are not the one asked for, as errors. */
import {parseJson} from "../../codecs/api/json.js";
import {textOf} from "../../codecs/bytes.js";
import {DecodeError, QsdmError, RuleError, UnavailableError} from "../../errors.js";
import {CODE_HEADER, codedError, HINT_HEADER} from "./refusal.js";

/** One answer as it came. */
export interface Answer {
  readonly status: number;
  header(name: string): string | null;
  readonly body: Uint8Array;
}

/** The error that a node's refusal stands for; the code is the server's where it sent one. */
export function refusalIn(answer: Answer, origin: string): QsdmError {
  const code = answer.header(CODE_HEADER);
  const hintHeader = answer.header(HINT_HEADER);
  const hint = hintHeader === null ? null : unescaped(hintHeader);
  const told = messageOf(answer.body);
  if (code !== null && /^[A-Z][A-Z0-9_]{0,63}$/.test(code))
    return errorOf(answer.status, code, {message: told || `the node refused with status ${answer.status}`, hint});
  if (answer.status < 400) return notOurs(origin, {status: answer.status});
  const message = `HTTP ${answer.status}: ${told || "no reason given"}`;
  return errorOf(answer.status, "NODE_REFUSED", {message, hint});
}

/** Its class decides the exit code: what may work later is unavailable, the rest is refused. */
function errorOf(status: number, code: string, {message, hint}: {message: string; hint: string | null}): QsdmError {
  const extras = {...(hint === null ? {} : {hint}), details: {http_status: status}};
  if (status >= 500 || status === 429 || status === 408) return new UnavailableError(code, message, extras);
  return status === 400 || status === 413 || status === 415
    ? new DecodeError(code, message, extras)
    : new RuleError(code, message, extras);
}

/** An answer that no node would send. */
export function notOurs(origin: string, {status, cause}: {status: number; cause?: unknown}): QsdmError {
  const why = cause instanceof QsdmError ? cause.message : `status ${status}`;
  return new UnavailableError("ANSWER_INVALID", `${origin} does not answer as a node does: ${why}`, {
    cause,
    hint: "check the URL: something else may be listening there",
  });
}

const MESSAGE_MAX = 512;

/** The reason in a refusal's body, in whichever of the four shapes it comes. */
function messageOf(body: Uint8Array): string {
  let text: string;
  try {
    text = textOf(body).trim();
  } catch {
    return "";
  }
  try {
    const document = parseJson(text);
    if (document instanceof Map) {
      if (document.get("error") instanceof Map) return codedError.read(document, "answer").error.message;
      const reason = document.get("message") ?? document.get("detail") ?? document.get("error");
      if (typeof reason === "string") return reason.slice(0, MESSAGE_MAX);
    }
  } catch {
    // Not JSON, or another shape of it: shown as text.
  }
  return text.slice(0, MESSAGE_MAX);
}

function unescaped(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}
