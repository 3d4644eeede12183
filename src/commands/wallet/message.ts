/** Where the message of a signature comes from. */
import {readHex} from "../../codecs/go/hex.js";
import {DecodeError, UsageError} from "../../errors.js";
import type {Io} from "../io.js";

/** Longest message. */
const MESSAGE_MAX_BYTES = 16 * 1024 * 1024;

export interface MessageFlags {
  readonly message?: string;
  readonly messageFile?: string;
}

/** @throws UsageError MESSAGE_SOURCE; DecodeError MESSAGE_EMPTY, HEX_INVALID */
export async function readMessage(io: Io, {message, messageFile}: MessageFlags): Promise<Uint8Array> {
  if ((message === undefined) === (messageFile === undefined))
    throw new UsageError("MESSAGE_SOURCE", "give one of --message and --message-file");
  const bytes =
    messageFile === undefined
      ? readHex(message!.trim())
      : await io.readFile(messageFile, {flag: "--message-file", maxBytes: MESSAGE_MAX_BYTES});
  if (bytes.length === 0)
    throw new DecodeError("MESSAGE_EMPTY", "the message is empty; a signature of nothing proves nothing");
  return bytes;
}
