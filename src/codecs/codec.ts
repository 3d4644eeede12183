/**
 * One wire type: bytes to a value and back.
 *
 * Two laws hold for every codec: `decode(encode(v))` equals `v`, and `encode(decode(b))` equals `b` for every `b`
 * that decode accepts. Decode throws `DecodeError` and nothing else, whatever the bytes.
 */
export interface Codec<T> {
  encode(value: T): Uint8Array;
  decode(bytes: Uint8Array): T;
}
