/** Calls to a coordinator and to custodians, as the commands make them. */
import type {Command} from "commander";
import {textOf} from "../../codecs/bytes.js";
import {isObject, parseValue, type Value, type ValueObject, wireJson} from "../../codecs/quorum/json.js";
import {DecodeError, type QsdmError, RuleError, UnavailableError, UsageError} from "../../errors.js";
import {readBody} from "../answer-body.js";
import {durationFlag, repeatFlag} from "../flags.js";
import type {Io} from "../io.js";

const DEFAULT_COORDINATOR = "http://127.0.0.1:8000";
const DEFAULT_CUSTODIANS = [9100, 9101, 9102].map((port) => `http://127.0.0.1:${port}`);
const DEFAULT_TIMEOUT_MS = 60_000;
const ANSWER_MAX_BYTES = 32 * 1024 * 1024;

export interface CoordinatorFlags {
  readonly coordinator: string;
  readonly timeout?: number;
}
export interface CustodianFlags {
  readonly custodian?: readonly string[];
  readonly timeout?: number;
}

const addTimeoutFlag = (command: Command): Command =>
  command.option("--timeout <duration>", "how long to wait for one answer (default: 60s)", durationFlag);

export const addCoordinatorFlag = (command: Command): Command =>
  addTimeoutFlag(command.option("--coordinator <url>", "where the coordinator answers", DEFAULT_COORDINATOR));

/** Beside the coordinator's flag. */
export const addCustodianFlags = (command: Command): Command =>
  command.option(
    "--custodian <url>",
    "URL of a custodian, once for each in order of index (default: ports 9100 to 9102 of this machine)",
    repeatFlag,
  );

export const custodianUrls = ({custodian}: CustodianFlags): readonly string[] => custodian ?? DEFAULT_CUSTODIANS;

/** One service. */
export interface ServiceClient {
  readonly url: string;
  /** @throws RuleError QUORUM_REFUSED; UnavailableError QUORUM_UNAVAILABLE */
  post(path: string, body: Value): Promise<ValueObject>;
  get(path: string): Promise<ValueObject>;
}

/** @throws UsageError URL_INVALID */
export function serviceClient(io: Io, url: string, timeoutMs: number = DEFAULT_TIMEOUT_MS): ServiceClient {
  if (!/^https?:\/\//.test(url) || !URL.canParse(url))
    throw new UsageError("URL_INVALID", `"${url}" is not an http or https URL`);
  const base = url.replace(/\/$/, "");
  const call = async (path: string, init: RequestInit): Promise<ValueObject> => {
    let status: number;
    let body: Uint8Array | null;
    try {
      const signal = AbortSignal.any([io.signal, AbortSignal.timeout(timeoutMs)]);
      const answer = await io.host.fetch(`${base}${path}`, {...init, signal, redirect: "error"});
      status = answer.status;
      body = await readBody(answer, ANSWER_MAX_BYTES);
    } catch (cause) {
      io.signal.throwIfAborted();
      throw new UnavailableError("QUORUM_UNAVAILABLE", `${url} does not answer`, {
        cause,
        hint: "is the service running? qsdm quorum coordinator and qsdm quorum custodian start them",
      });
    }
    if (!body) throw new DecodeError("ANSWER_TOO_LARGE", `${url} answered with more than ${ANSWER_MAX_BYTES} bytes`);
    return answerOf(textOf(body), {status, url});
  };
  return {
    url,
    post: (path, body) =>
      call(path, {method: "POST", headers: {"content-type": "application/json"}, body: wireJson(body)}),
    get: (path) => call(path, {method: "GET"}),
  };
}

function answerOf(text: string, {status, url}: {status: number; url: string}): ValueObject {
  let value: Value;
  try {
    value = parseValue(text);
  } catch (cause) {
    throw new DecodeError("ANSWER_INVALID", `${url} answered with something else than JSON, status ${status}`, {cause});
  }
  if (status !== 200) throw refusal(value, {status, url});
  if (!isObject(value)) throw new DecodeError("ANSWER_INVALID", `${url} answered with something else than an object`);
  return value;
}

const HINTS: Readonly<Record<number, string>> = {
  403: "the custodian's key is not the one that the coordinator knows",
  404: "deploy the program first: qsdm quorum deploy",
  409: "more triples: qsdm quorum pool PROGRAM_ID --add 10",
};

function refusal(value: Value, {status, url}: {status: number; url: string}): QsdmError {
  const detail = isObject(value) ? value.get("detail") : undefined;
  const why = typeof detail === "string" ? detail : wireJson(detail ?? value);
  const extras = {details: {status, url}};
  if (status >= 500)
    return new UnavailableError("QUORUM_UNAVAILABLE", why, {...extras, hint: "nothing was charged; try again later"});
  const hint = HINTS[status];
  return new RuleError("QUORUM_REFUSED", why, hint === undefined ? extras : {...extras, hint});
}

/** A member of an answer. @throws DecodeError ANSWER_INVALID */
export function textIn(answer: ValueObject, name: string): string {
  const value = answer.get(name);
  if (typeof value === "string") return value;
  throw new DecodeError("ANSWER_INVALID", `the answer has no text ${name}`);
}

/** @throws DecodeError ANSWER_INVALID */
export function integerIn(answer: ValueObject, name: string): bigint {
  const value = answer.get(name);
  if (typeof value === "bigint") return value;
  throw new DecodeError("ANSWER_INVALID", `the answer has no integer ${name}`);
}

const PROGRAM_ID = /^[0-9a-f]{64}$/;

/** @throws UsageError PROGRAM_ID_INVALID */
export function programIdArgument(text: string): string {
  if (PROGRAM_ID.test(text)) return text;
  throw new UsageError("PROGRAM_ID_INVALID", `"${text}" is not a program id of 64 hex digits`, {
    hint: "qsdm quorum inspect FILE prints it",
  });
}
