/** Records as lines of text, to be mailed and kept: a label, a space, the record in base64, a newline. */

import {DecodeError} from "../../../errors.js";
import {base64Of, bytesOfBase64, textOf, utf8} from "../../bytes.js";
import type {Codec} from "../../codec.js";

/** @throws DecodeError ARMOR_INVALID, from `decode` */
export const armored = <T>(label: string, inner: Codec<T>, maxBytes: number): Codec<T> => ({
  encode: (value) => utf8(`${label} ${base64Of(inner.encode(value))}\n`),
  decode(bytes) {
    if (bytes.length > maxBytes)
      throw new DecodeError("ARMOR_INVALID", `${bytes.length} bytes of ${label}, at most ${maxBytes}`);
    const text = textOf(bytes);
    if (!text.startsWith(`${label} `) || !text.endsWith("\n"))
      throw new DecodeError("ARMOR_INVALID", `not a line that starts with ${label}`);
    return inner.decode(bytesOfBase64(text.slice(label.length + 1, -1)));
  },
});
