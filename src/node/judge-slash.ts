/** A slash that nobody signed, judged as if it were in the next block. */
import type {UnsignedEnvelope} from "../codecs/chain/envelope.js";
import {SLASH_CONTRACT} from "../codecs/slashing/payload.js";
import type {SlashVerdict} from "./api/ports.js";
import type {Chain} from "./chain.js";
import {judge} from "./ledger/slashing/judge.js";

export interface JudgePorts {
  readonly chain: Pick<Chain, "state" | "nextBlock">;
  readonly offences: {has(key: string): boolean};
  nowMs(): bigint;
}

/** Stands for whoever would submit it; nobody's key has this digest. */
const NOBODY = "0".repeat(64);

export function judgeSlash(payload: Uint8Array, {chain, offences, nowMs}: JudgePorts): SlashVerdict {
  const block = chain.nextBlock(nowMs());
  const content: UnsignedEnvelope = {
    chainId: block.params.chainId,
    sender: NOBODY,
    nonce: 0n,
    expiresAtHeight: block.height,
    maxFeeDust: 0n,
    tipDust: 0n,
    contract: SLASH_CONTRACT,
    payload,
  };
  const verdict = judge(content, {state: chain.state, block});
  return {...verdict, waiting: verdict.offenceKey !== null && offences.has(verdict.offenceKey)};
}
