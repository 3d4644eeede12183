/**
 * What a light client has verified, as a file: one JSON object in this program's own form. Whoever trusts the file can
 * start from it, so that it is also how checkpoints are handed on.
 */
import {DecodeError, QsdmError} from "../../errors.js";
import {parseJson} from "../api/json.js";
import {count, hex, list, object, type Shape, text, u64, type ValueOf, word} from "../api/shape.js";
import {hexOf, textOf, utf8} from "../bytes.js";

/** Most checkpoints that are kept, the oldest out first; a file holds far less than this many bytes. */
export const CHECKPOINTS_MAX = 64;
export const LIGHT_CHAIN_MAX_BYTES = 64 * 1024;

const bytes32 = hex(32);
/** 64 hex digits. */
const digest: Shape<string> = {...text, read: (json, path) => hexOf(bytes32.read(json, path))};

const form = object({
  schema: count,
  chainId: text,
  quorum: word("above-two-thirds", "two-thirds"),
  /** Age from which a checkpoint proves nothing any more, in seconds. */
  maxAgeSeconds: count,
  /** In order of height, at least one. */
  checkpoints: list(
    object({
      height: u64,
      blockId: digest,
      timeMs: u64,
      epoch: u64,
      /** Of the state that the epoch's validators are drawn from. */
      epochRoot: digest,
      /** Of the state after the block. */
      stateRoot: digest,
    }),
  ),
});
export type LightChain = Omit<ValueOf<typeof form>, "schema">;
/** One block that was found final. */
export type Checkpoint = LightChain["checkpoints"][number];

export const encodeLightChain = (chain: LightChain): Uint8Array => utf8(`${form.write({schema: 1, ...chain})}\n`);

/** @throws DecodeError CHECKPOINT_INVALID */
export function decodeLightChain(bytes: Uint8Array): LightChain {
  const refuse = (why: string, cause?: unknown): never => {
    throw new DecodeError("CHECKPOINT_INVALID", `no file of checkpoints: ${why}`, {
      hint: "start again from a genesis file or from a checkpoint file that you trust",
      cause,
    });
  };
  try {
    const {schema, ...chain} = form.read(parseJson(textOf(bytes)), "checkpoints");
    if (schema !== 1) return refuse(`it is of version ${schema}`);
    const {checkpoints} = chain;
    if (checkpoints.length === 0 || checkpoints.length > CHECKPOINTS_MAX)
      return refuse(`it has ${checkpoints.length} checkpoints`);
    if (checkpoints.some(({height}, i) => i > 0 && height <= checkpoints[i - 1]!.height))
      return refuse("its checkpoints are not in order of height");
    return chain;
  } catch (cause) {
    if (!(cause instanceof QsdmError) || cause.code === "CHECKPOINT_INVALID") throw cause;
    return refuse(cause.message, cause);
  }
}
