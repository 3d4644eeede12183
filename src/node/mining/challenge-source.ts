/**
 * Challenges as QSDM's miners fetch them: from one node, or from several in turn. Nothing is verified here: a challenge
 * means something to the node that issued it.
 * Source: QSDM mining protocol, sections 21.1 and 21.3.
 */
import {textOf} from "../../codecs/bytes.js";
import {type Challenge, challengeCodec} from "../../codecs/mining/challenge.js";
import {QsdmError, UnavailableError, UsageError} from "../../errors.js";

/** Longest answer that is read, in bytes. */
const BODY_MAX_BYTES = 8_192;

export interface HttpAnswer {
  readonly status: number;
  /** At most `maxBytes` of it. */
  readonly body: Uint8Array;
}

/** One GET. @throws whatever the network gives */
export type HttpGet = (
  url: string,
  options: {readonly accept: string; readonly maxBytes: number; readonly signal: AbortSignal},
) => Promise<HttpAnswer>;

const unavailable = (what: string, cause?: unknown): UnavailableError =>
  new UnavailableError("CHALLENGE_UNAVAILABLE", `v2client: ${what}`, cause === undefined ? {} : {cause});

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** Text of an answer, whatever its bytes are. */
function shown(body: Uint8Array): string {
  try {
    return textOf(body);
  } catch {
    return `${body.length} bytes`;
  }
}

/** For whom a challenge is asked; chains with compat rules need none of it. */
export interface ChallengeQuery {
  readonly minerAddr?: string | undefined;
  readonly nodeId?: string | undefined;
  readonly height?: bigint | undefined;
}

/** The path of the route, with what the challenge shall be bound to. */
export function challengePath({minerAddr, nodeId, height}: ChallengeQuery): string {
  const query = new URLSearchParams();
  if (minerAddr !== undefined) query.set("miner_addr", minerAddr);
  if (nodeId !== undefined) query.set("node_id", nodeId);
  if (height !== undefined) query.set("height", String(height));
  return `/api/v1/mining/challenge${query.size === 0 ? "" : `?${query}`}`;
}

/**
 * A challenge of the node at `base`, which is used as it is.
 * @throws UsageError CHALLENGE_URL_INVALID; UnavailableError CHALLENGE_UNAVAILABLE; DecodeError CHALLENGE_INVALID
 */
export async function fetchChallenge(
  get: HttpGet,
  base: string,
  {signal, ...query}: ChallengeQuery & {readonly signal: AbortSignal},
): Promise<Challenge> {
  const url = `${base}${challengePath(query)}`;
  if (!URL.canParse(url)) throw new UsageError("CHALLENGE_URL_INVALID", `v2client: build request: invalid URL ${url}`);
  const {status, body} = await get(url, {accept: "application/json", maxBytes: BODY_MAX_BYTES, signal}).catch(
    (cause) => {
      throw unavailable(`http error: ${messageOf(cause)}`, cause);
    },
  );
  if (status !== 200) throw unavailable(`challenge endpoint returned ${status}: ${shown(body)}`);
  return challengeCodec.readCompat(body);
}

/** Told of each attempt, in order. */
export type Attempted = (url: string, error: unknown) => void;

/** Several nodes, asked in turn: each call begins one further on and goes round once. */
export class ChallengeSource {
  readonly urls: readonly string[];
  #calls = 0;

  /** @throws UsageError CHALLENGE_URL_MISSING */
  constructor(
    private readonly get: HttpGet,
    urls: readonly string[],
  ) {
    this.urls = urls.map((url) => url.trim().replace(/\/+$/, "")).filter((url) => url !== "");
    if (this.urls.length === 0)
      throw new UsageError("CHALLENGE_URL_MISSING", "v2client: NewMultiFetcher requires at least one non-empty URL");
  }

  /**
   * A challenge of the first node that gives one.
   * @throws UnavailableError CHALLENGE_UNAVAILABLE naming every attempt
   */
  async fetch(query: ChallengeQuery & {readonly signal: AbortSignal}, attempted: Attempted = () => undefined) {
    const first = this.#calls++;
    const failures: string[] = [];
    for (let i = 0; i < this.urls.length; i++) {
      if (query.signal.aborted) {
        failures.push(`v2client: ctx cancelled mid-rotation: ${messageOf(query.signal.reason)}`);
        break;
      }
      const url = this.urls[(first + i) % this.urls.length]!;
      try {
        const challenge = await fetchChallenge(this.get, url, query);
        attempted(url, null);
        return {challenge, url};
      } catch (error) {
        if (!(error instanceof QsdmError)) throw error;
        attempted(url, error);
        failures.push(`${url}: ${error.message}`);
      }
    }
    throw unavailable(`all ${this.urls.length} challenge endpoint(s) failed: ${failures.join("\n")}`);
  }
}

/** How long a challenge may be answered, in Unix seconds. */
export const freshUntil = ({issuedAt}: Pick<Challenge, "issuedAt">): bigint => issuedAt + 60n;

/** A GET over `fetch` that reads no more than it is asked to. */
export const httpGet =
  (fetch: typeof globalThis.fetch): HttpGet =>
  async (url, {accept, maxBytes, signal}) => {
    const response = await fetch(url, {headers: {accept}, signal});
    const parts: Uint8Array[] = [];
    let size = 0;
    for await (const part of response.body ?? []) {
      parts.push(part);
      size += part.length;
      if (size >= maxBytes) break;
    }
    return {status: response.status, body: new Uint8Array(Buffer.concat(parts).subarray(0, maxBytes))};
  };
