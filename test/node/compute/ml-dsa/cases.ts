/**
 * NIST's ACVP sets and C2SP's Wycheproof sets for ML-DSA, as published, in one shape. A file that is missing or empty
 * fails the run, so that no path passes by having nothing to answer.
 */
import {readdirSync, readFileSync} from "node:fs";
import {gunzipSync} from "node:zlib";
import type {MlDsaLevel} from "../../../../src/node/compute/ml-dsa.js";

interface Common {
  readonly level: MlDsaLevel;
  /** Which set and which interface of the standard: what the coverage file counts by. */
  readonly group: string;
  readonly name: string;
}

/** What is signed: a message through the external interface, `M'` itself, or its digest mu. */
export type Signed =
  | {readonly form: "pure"; readonly message: Uint8Array; readonly context: Uint8Array}
  | {readonly form: "prehash"; readonly message: Uint8Array; readonly context: Uint8Array; readonly hash: string}
  | {readonly form: "internal" | "mu"; readonly message: Uint8Array};

export interface KeygenCase extends Common {
  readonly kind: "keygen";
  readonly seed: Uint8Array;
  readonly publicKey: Uint8Array;
  readonly secretKey: Uint8Array;
}
export interface SignCase extends Common {
  readonly kind: "sign";
  readonly signed: Signed;
  readonly key: {readonly seed: Uint8Array} | {readonly secretKey: Uint8Array};
  /** Null signs deterministically. */
  readonly rnd: Uint8Array | null;
  /** Null where signing has to be refused. */
  readonly signature: Uint8Array | null;
}
export interface VerifyCase extends Common {
  readonly kind: "verify";
  readonly signed: Signed;
  readonly publicKey: Uint8Array;
  readonly signature: Uint8Array;
  readonly valid: boolean;
}
export type Case = KeygenCase | SignCase | VerifyCase;

type Fields = Readonly<Record<string, unknown>>;
const FOLDER = new URL(".", import.meta.url);
/** Files that there are to be. */
export const FILE_COUNT = 10;

const bytes = (hex: unknown): Uint8Array => new Uint8Array(Buffer.from((hex ?? "") as string, "hex"));
const list = (value: unknown): readonly Fields[] => value as readonly Fields[];

/** Every case of every file. @throws Error for a missing or an empty file */
export function allCases(): readonly Case[] {
  const files = readdirSync(FOLDER).filter((name) => name.endsWith(".vectors.json.gz"));
  if (files.length !== FILE_COUNT) throw new Error(`${files.length} vector files, not ${FILE_COUNT}`);
  return files.sort().flatMap((file) => {
    const text = gunzipSync(readFileSync(new URL(file, FOLDER))).toString();
    const cases = casesOf(file, JSON.parse(text) as Fields);
    if (cases.length === 0) throw new Error(`${file} has no cases`);
    return cases;
  });
}

function casesOf(file: string, vectors: Fields): readonly Case[] {
  if ("prompt" in vectors) return acvpCases(vectors);
  const group = `Wycheproof ${/mldsa.*(?=_test)/.exec(file)![0]}`;
  const level: MlDsaLevel = file.includes("44") ? 44 : 87;
  return list(vectors.testGroups).flatMap((each) =>
    list(each.tests).map((test) => wycheproofCase({level, group}, each, test)),
  );
}

function acvpCases({mode, prompt, expectedResults}: Fields): readonly Case[] {
  const answers = new Map(
    list((expectedResults as Fields).testGroups).flatMap(({tgId, tests}) =>
      list(tests).map((test) => [`${tgId} ${test.tcId}`, test] as const),
    ),
  );
  return list((prompt as Fields).testGroups).flatMap((group) =>
    list(group.tests).map((test) =>
      acvpCase(mode as string, group, {...test, ...answers.get(`${group.tgId} ${test.tcId}`)}),
    ),
  );
}

function acvpCase(mode: string, group: Fields, test: Fields): Case {
  const {parameterSet, deterministic, signatureInterface} = group;
  const signed = acvpSigned(group, test);
  const rounds = deterministic === undefined ? "" : deterministic ? " deterministic" : " hedged";
  const form = mode === "keyGen" ? "" : ` ${signatureInterface} ${signed.form}${rounds}`;
  const common: Common = {
    level: parameterSet === "ML-DSA-44" ? 44 : 87,
    group: `ACVP ${mode} ${parameterSet}${form}`,
    name: `case ${test.tcId}`,
  };
  if (mode === "keyGen")
    return {...common, kind: "keygen", seed: bytes(test.seed), publicKey: bytes(test.pk), secretKey: bytes(test.sk)};
  const signature = bytes(test.signature);
  if (mode === "sigVer")
    return {...common, kind: "verify", signed, publicKey: bytes(test.pk), signature, valid: test.testPassed === true};
  const rnd = deterministic ? null : bytes(test.rnd);
  return {...common, kind: "sign", signed, key: {secretKey: bytes(test.sk)}, rnd, signature};
}

function acvpSigned(group: Fields, test: Fields): Signed {
  if (group.externalMu === true) return {form: "mu", message: bytes(test.mu)};
  const message = bytes(test.message);
  if (group.signatureInterface === "internal") return {form: "internal", message};
  const context = bytes(test.context);
  return group.preHash === "preHash"
    ? {form: "prehash", message, context, hash: test.hashAlg as string}
    : {form: "pure", message, context};
}

function wycheproofCase(common: Omit<Common, "name">, group: Fields, test: Fields): Case {
  const named = {...common, name: `case ${test.tcId}, ${test.comment}`};
  const signed: Signed =
    test.msg === undefined
      ? {form: "mu", message: bytes(test.mu)}
      : {form: "pure", message: bytes(test.msg), context: bytes(test.ctx)};
  const valid = test.result === "valid";
  const signature = bytes(test.sig);
  if (group.type === "MlDsaVerify")
    return {...named, kind: "verify", signed, publicKey: bytes(group.publicKey), signature, valid};
  const key = group.privateSeed === undefined ? {secretKey: bytes(group.privateKey)} : {seed: bytes(group.privateSeed)};
  const rnd = test.rnd === undefined ? null : bytes(test.rnd);
  return {...named, kind: "sign", signed, key, rnd, signature: valid ? signature : null};
}
