/** Reading a request's body within its limit. */
import type {IncomingMessage} from "node:http";
import {plain} from "../../codecs/bytes.js";
import {DecodeError, UsageError} from "../../errors.js";
import type {BodySpec} from "./route.js";

const tooLarge = (maxBytes: number): DecodeError =>
  new DecodeError("BODY_TOO_LARGE", `the body is longer than ${maxBytes} bytes`, {details: {max_bytes: maxBytes}});

/**
 * The body of `incoming`. A declared length above the limit is refused before a byte is read.
 * @throws UsageError CONTENT_TYPE_UNSUPPORTED; DecodeError BODY_TOO_LARGE, BODY_CUT_SHORT
 */
export async function readBody(
  incoming: IncomingMessage,
  {contentType, alsoTakes, maxBytes}: BodySpec,
): Promise<Uint8Array> {
  const given = (incoming.headers["content-type"] ?? "").split(";")[0]!.trim().toLowerCase();
  const taken = alsoTakes === undefined ? contentType : `${contentType} or ${alsoTakes}`;
  if (given !== contentType && given !== alsoTakes)
    throw new UsageError("CONTENT_TYPE_UNSUPPORTED", `content type "${given}", this route takes ${taken}`, {
      hint: `send the header Content-Type: ${contentType}`,
    });
  if (Number(incoming.headers["content-length"] ?? 0) > maxBytes) throw tooLarge(maxBytes);
  return await collect(incoming, maxBytes);
}

function collect(incoming: IncomingMessage, maxBytes: number): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const parts: Buffer[] = [];
    let size = 0;
    const done = (settle: () => void): void => {
      incoming.off("data", take).off("end", end).off("close", cut).off("error", cut);
      incoming.pause();
      settle();
    };
    const take = (part: Buffer): void => {
      size += part.length;
      parts.push(part);
      if (size <= maxBytes) return;
      done(() => reject(tooLarge(maxBytes)));
      // The rest is let go by, for as long as a request may take: a connection that is cut loses the answer too.
      incoming.resume();
    };
    const end = (): void => done(() => resolve(plain(parts.length === 1 ? parts[0]! : Buffer.concat(parts))));
    const cut = (): void =>
      done(() => reject(new DecodeError("BODY_CUT_SHORT", `the connection ended after ${size} bytes of the body`)));
    incoming.on("data", take).on("end", end).on("close", cut).on("error", cut);
  });
}
