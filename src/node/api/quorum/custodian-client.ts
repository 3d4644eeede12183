/** Calls from a coordinator to custodians, over connections that stay open. */
import {Agent, request} from "undici";
import {textOf} from "../../../codecs/bytes.js";
import {parseValue, wireJson} from "../../../codecs/quorum/json.js";
import type {Log} from "../../service.js";
import type {AskCustodian} from "./coordinator-service.js";
import {CUSTODIAN_TIMEOUT_MS} from "./custodian-timeout.js";

/** Largest answer: the masked shares of one batch of products. */
const ANSWER_MAX_BYTES = 32 * 1024 * 1024;

export interface CustodianClient {
  readonly ask: AskCustodian;
  close(): Promise<void>;
}

/** A custodian that fails in any way answers `null`; why is a line in the log. */
export function createCustodianClient(log: Log, timeoutMs: number = CUSTODIAN_TIMEOUT_MS): CustodianClient {
  const dispatcher = new Agent({
    connectTimeout: timeoutMs,
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
    maxResponseSize: ANSWER_MAX_BYTES,
  });
  return {
    async ask(url, {method, path, body}) {
      try {
        const answer = await request(`${url.replace(/\/$/, "")}${path}`, {
          dispatcher,
          method,
          signal: AbortSignal.timeout(timeoutMs),
          headers: {"content-type": "application/json"},
          ...(body === null ? {} : {body: wireJson(body)}),
        });
        const text = textOf(await answer.body.bytes());
        if (answer.statusCode === 200) return parseValue(text);
        log.warn({url, path, status: answer.statusCode, answer: text.slice(0, 512)}, "a custodian refused");
      } catch (error) {
        log.warn({url, path, reason: error instanceof Error ? error.message : `${error}`}, "a custodian failed");
      }
      return null;
    },
    close: () => dispatcher.close(),
  };
}
