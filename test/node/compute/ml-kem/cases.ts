/**
 * NIST's ACVP sets and C2SP's Wycheproof sets for ML-KEM-768, as published, in one shape. A file that is missing or empty
 * fails the run, so that no path passes by having nothing to answer.
 */
import {readdirSync, readFileSync} from "node:fs";
import {gunzipSync} from "node:zlib";

interface Common {
  /** Which set and which function: what the coverage file counts by. */
  readonly group: string;
  readonly name: string;
}

export interface KeygenCase extends Common {
  readonly kind: "keygen";
  /** d, then z. */
  readonly seed: Uint8Array;
  readonly publicKey: Uint8Array;
  readonly secretKey: Uint8Array;
}
export interface EncapsulateCase extends Common {
  readonly kind: "encapsulate";
  readonly publicKey: Uint8Array;
  readonly message: Uint8Array;
  /** Null where it has to be refused. */
  readonly made: {readonly ciphertext: Uint8Array; readonly secret: Uint8Array} | null;
}
export interface DecapsulateCase extends Common {
  readonly kind: "decapsulate";
  readonly key: {readonly seed: Uint8Array} | {readonly secretKey: Uint8Array};
  readonly ciphertext: Uint8Array;
  /** Null where it has to be refused. */
  readonly secret: Uint8Array | null;
}
export interface KeyCheckCase extends Common {
  readonly kind: "public key" | "secret key";
  readonly key: Uint8Array;
  readonly valid: boolean;
}
export type Case = KeygenCase | EncapsulateCase | DecapsulateCase | KeyCheckCase;

type Fields = Readonly<Record<string, unknown>>;
const FOLDER = new URL(".", import.meta.url);
/** Files that there are to be. */
export const FILE_COUNT = 5;

const bytes = (hex: unknown): Uint8Array => new Uint8Array(Buffer.from((hex ?? "") as string, "hex"));
const list = (value: unknown): readonly Fields[] => value as readonly Fields[];

/** Every case of every file. @throws Error for a missing or an empty file */
export function allCases(): readonly Case[] {
  const files = readdirSync(FOLDER).filter((name) => name.endsWith(".vectors.json.gz"));
  if (files.length !== FILE_COUNT) throw new Error(`${files.length} vector files, not ${FILE_COUNT}`);
  return files.sort().flatMap((file) => {
    const vectors = JSON.parse(gunzipSync(readFileSync(new URL(file, FOLDER))).toString()) as Fields;
    const cases = "prompt" in vectors ? acvpCases(vectors) : wycheproofCases(file, vectors);
    if (cases.length === 0) throw new Error(`${file} has no cases`);
    return cases;
  });
}

function acvpCases({mode, prompt, expectedResults}: Fields): readonly Case[] {
  const answers = new Map(
    list((expectedResults as Fields).testGroups).flatMap(({tgId, tests}) =>
      list(tests).map((test) => [`${tgId} ${test.tcId}`, test] as const),
    ),
  );
  return list((prompt as Fields).testGroups).flatMap((group) =>
    list(group.tests).map((test) =>
      acvpCase((group.function ?? mode) as string, {...test, ...answers.get(`${group.tgId} ${test.tcId}`)}),
    ),
  );
}

function acvpCase(what: string, test: Fields): Case {
  const common: Common = {group: `ACVP ${what}`, name: `case ${test.tcId}`};
  const valid = test.testPassed === true;
  switch (what) {
    case "keyGen": {
      const seed = new Uint8Array([...bytes(test.d), ...bytes(test.z)]);
      return {...common, kind: "keygen", seed, publicKey: bytes(test.ek), secretKey: bytes(test.dk)};
    }
    case "encapsulation": {
      const made = {ciphertext: bytes(test.c), secret: bytes(test.k)};
      return {...common, kind: "encapsulate", publicKey: bytes(test.ek), message: bytes(test.m), made};
    }
    case "decapsulation": {
      const key = {secretKey: bytes(test.dk)};
      return {...common, kind: "decapsulate", key, ciphertext: bytes(test.c), secret: bytes(test.k)};
    }
    case "encapsulationKeyCheck":
      return {...common, kind: "public key", key: bytes(test.ek), valid};
    case "decapsulationKeyCheck":
      return {...common, kind: "secret key", key: bytes(test.dk), valid};
    default:
      throw new Error(`nobody knows what ${what} is`);
  }
}

function wycheproofCases(file: string, {testGroups}: Fields): readonly Case[] {
  const group = `Wycheproof ${/mlkem.*(?=_test)/.exec(file)![0]}`;
  return list(testGroups).flatMap(({type, tests}) =>
    list(tests).map((test) =>
      wycheproofCase(type as string, {group, name: `case ${test.tcId}, ${test.comment}`}, test),
    ),
  );
}

function wycheproofCase(type: string, common: Common, test: Fields): Case {
  const valid = test.result === "valid";
  const seed = bytes(test.seed);
  switch (type) {
    case "MLKEMKeyGen":
      return {...common, kind: "keygen", seed, publicKey: bytes(test.ek), secretKey: bytes(test.dk)};
    case "MLKEMEncapsTest": {
      const made = valid ? {ciphertext: bytes(test.c), secret: bytes(test.K)} : null;
      return {...common, kind: "encapsulate", publicKey: bytes(test.ek), message: bytes(test.m), made};
    }
    case "MLKEMTest":
      return {
        ...common,
        kind: "decapsulate",
        key: {seed},
        ciphertext: bytes(test.c),
        secret: valid ? bytes(test.K) : null,
      };
    default:
      throw new Error(`nobody knows what ${type} is`);
  }
}
