/** Bodies of answers that `fetch` brought, held to a size while they arrive. */
import {concat} from "../codecs/bytes.js";

/** @returns null for a body above `maxBytes`, of which no more is read */
export async function readBody(answer: Response, maxBytes: number): Promise<Uint8Array | null> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of answer.body ?? []) {
    size += part.length;
    if (size > maxBytes) return null;
    parts.push(part);
  }
  return concat(...parts);
}
