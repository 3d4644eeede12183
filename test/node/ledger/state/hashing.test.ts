import fc from "fast-check";
import {expect, test} from "vitest";
import {hexOf, utf8} from "../../../../src/codecs/bytes.js";
import {sha3} from "../../../../src/codecs/hash.js";
import {openBackend} from "../../../../src/node/compute/backend.js";
import {digestAt, type HashAll, hashEach, hashMessages} from "../../../../src/node/ledger/state/hashing.js";
import {fastest} from "../../../support/native.js";

const {sha3Packed = hashEach} = await openBackend(fastest);

function hashed(hashAll: HashAll, texts: readonly string[]): string[] {
  const out: string[] = [];
  hashMessages(hashAll, {
    count: texts.length,
    write(message, i) {
      message.byte(i & 255);
      message.bytes(utf8(texts[i]!));
      message.text(texts[i]!);
      message.word(i - 3);
    },
    take: (digests, at, i) => {
      out[i] = hexOf(digestAt(digests, at));
    },
  });
  return out;
}

const expectedOf = (texts: readonly string[]): string[] =>
  texts.map((text, i) => {
    const word = new Uint8Array(Int32Array.of(i - 3).buffer);
    return hexOf(sha3(Uint8Array.of(i & 255), utf8(text), utf8(text), word));
  });

test("each message gets its own digest, whatever it is made of and whoever hashes it", () => {
  fc.assert(
    fc.property(fc.array(fc.string({unit: "grapheme", maxLength: 40}), {maxLength: 30}), (texts) => {
      for (const hashAll of [hashEach, sha3Packed]) expect(hashed(hashAll, texts)).toEqual(expectedOf(texts));
    }),
    {numRuns: 50},
  );
});

test("more messages than one call takes, and larger ones than it gathers, are hashed in several", () => {
  const texts = Array.from({length: 5_000}, (_, i) => (i % 1_000 === 7 ? "x".repeat(700_000) : `${i}`));
  const calls: number[] = [];
  const digests = hashed((messages, ends, out) => {
    calls.push(ends.length);
    sha3Packed(messages, ends, out);
  }, texts);
  expect(calls.length).toBeGreaterThan(5);
  expect(digests).toEqual(expectedOf(texts));
});
