import {expect, test} from "vitest";
import {rememberValid, ValidSignatures} from "../../src/node/signature-cache.js";

const bytes = (n: number): Uint8Array => Uint8Array.of(n);

const counted = (verdict: boolean) => {
  const calls: number[] = [];
  const verify = (_key: Uint8Array, message: Uint8Array): boolean => {
    calls.push(message[0]!);
    return verdict;
  };
  return {calls, verify};
};

test("a valid signature is checked once", () => {
  const {calls, verify} = counted(true);
  const remembered = rememberValid(verify);
  expect([remembered(bytes(1), bytes(2), bytes(3)), remembered(bytes(1), bytes(2), bytes(3))]).toEqual([true, true]);
  expect(calls).toEqual([2]);
});

test("key, message and signature all count", () => {
  const {calls, verify} = counted(true);
  const remembered = rememberValid(verify);
  remembered(bytes(1), bytes(2), bytes(3));
  remembered(bytes(9), bytes(2), bytes(3));
  remembered(bytes(1), bytes(9), bytes(3));
  remembered(bytes(1), bytes(2), bytes(9));
  expect(calls).toHaveLength(4);
});

test("an invalid signature is never remembered", () => {
  const {calls, verify} = counted(false);
  const remembered = rememberValid(verify);
  expect([remembered(bytes(1), bytes(2), bytes(3)), remembered(bytes(1), bytes(2), bytes(3))]).toEqual([false, false]);
  expect(calls).toHaveLength(2);
});

test("the oldest is forgotten when the memory is full", () => {
  const {calls, verify} = counted(true);
  const remembered = rememberValid(verify, new ValidSignatures(2));
  for (const n of [1, 2, 3, 2, 1]) remembered(bytes(0), bytes(n), bytes(0));
  expect(calls).toEqual([1, 2, 3, 1]);
});
