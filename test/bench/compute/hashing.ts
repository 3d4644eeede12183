/** P5 and P6: SHA3-256 of many short messages, and of one. */
import {randomBytes} from "node:crypto";
import {sha3_256} from "@noble/hashes/sha3.js";
import {createSHA3} from "hash-wasm";
import {equalBytes} from "../../../src/codecs/bytes.js";
import {sha3} from "../../../src/codecs/hash.js";
import type {ComputeBackend} from "../../../src/node/compute/backend.js";
import {opensslMicros} from "../peers/peers.js";
import {xkcpPermutations} from "./native-peers.js";
import {best, type Print, ratio} from "./rounds.js";

const MESSAGES = 4_096;
/** noble takes its time. */
const NOBLE_SHARE = 8;
const ONES = 5_000;

const SHORT_CALL = "crypto.hash of Node 24";

export async function benchHashing(backends: readonly ComputeBackend[], print: Print): Promise<void> {
  const messages = Array.from({length: MESSAGES}, () => new Uint8Array(randomBytes(64)));
  const few = messages.slice(0, MESSAGES / NOBLE_SHARE);
  const one = messages[0]!;
  const wasm = await createSHA3(256);
  const byHashWasm = (message: Uint8Array): Uint8Array => wasm.init().update(message).digest("binary");
  const right = messages.map((message) => sha3(message));
  for (const backend of backends)
    if (!backend.sha3(messages).every((digest, i) => equalBytes(digest, right[i]!)))
      print(`WRONG DIGESTS from ${backend.name}: nothing below counts`);
  if (!equalBytes(byHashWasm(one), right[0]!)) print("WRONG DIGESTS from hash-wasm");

  const many = best({
    noble: () => few.map((message) => sha3_256(message)),
    "hash-wasm": () => messages.map(byHashWasm),
    "node:crypto": () => messages.map((message) => sha3(message)),
    ...Object.fromEntries(backends.map((backend) => [backend.name, () => backend.sha3(messages)])),
  }) as Record<string, number>;
  const noble = many.noble! * NOBLE_SHARE;
  const rate = (ms: number): string => `${((MESSAGES / ms) * 1e-3).toFixed(2)} M/s`;
  print(`P5 SHA3-256 of ${MESSAGES} messages of 64 bytes, one thread, from arrays to arrays`);
  print(
    `  peers: noble ${rate(noble)}, hash-wasm ${rate(many["hash-wasm"]!)}, node:crypto ${rate(many["node:crypto"]!)}`,
  );
  for (const {name} of backends.filter((each) => each.name !== "cpu"))
    print(
      `  ${name} ${rate(many[name]!)}: ratio to noble ${ratio(noble, many[name]!)} (goal 90), ` +
        `hash-wasm ${ratio(many["hash-wasm"]!, many[name]!)}, node:crypto ${ratio(many["node:crypto"]!, many[name]!)} (goal 18)`,
    );

  const xkcp = xkcpPermutations((line) => print(`  ${line}`));
  if (xkcp !== null)
    for (const {name} of backends.filter((each) => each.name !== "cpu"))
      print(
        `  XKCP, eight lanes ${xkcp.toFixed(2)} M permutations/s: ${name} reaches ` +
          `${(MESSAGES / many[name]! / 1e3 / xkcp).toFixed(2)} of it (goal 0.95)`,
      );

  const repeat = (hash: () => unknown) => (): void => {
    for (let i = 0; i < ONES; i++) hash();
  };
  const single = best({
    "hash-wasm": repeat(() => byHashWasm(one)),
    "node:crypto": repeat(() => sha3(one)),
    ...Object.fromEntries(backends.map((backend) => [backend.name, repeat(() => backend.sha3([one]))])),
  }) as Record<string, number>;
  const each = (ms: number): string => `${((ms / ONES) * 1e3).toFixed(2)} us`;
  print("P6 SHA3-256 of one message of 64 bytes");
  print(`  peers: hash-wasm ${each(single["hash-wasm"]!)}, node:crypto ${each(single["node:crypto"]!)}`);
  const openssl = opensslMicros();
  if (typeof openssl === "string") print(`  ${SHORT_CALL}: not compared; ${openssl}`);
  for (const {name} of backends.filter((backend) => backend.name !== "cpu"))
    print(
      `  ${name} ${each(single[name]!)}: ratio to node:crypto ${ratio(single["node:crypto"]!, single[name]!)}` +
        (typeof openssl === "string"
          ? ""
          : `, ${SHORT_CALL}, ${openssl.hash.toFixed(2)} us, ${ratio((openssl.hash * ONES) / 1e3, single[name]!)} (goal 2.5)`),
    );
}
