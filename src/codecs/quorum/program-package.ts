/**
 * Program package: a program with the policy under which it runs and the names of its secrets.
 *
 * `{"program_id","version","ir","secret_manifest":{"secret_name"[,"secret_names"]},"policy_manifest":{...}}`,
 * the policy as `policy.ts` has it. The id is SHA-256 of the canonical JSON of
 * `{"ir","policy_manifest","secret_manifest"}`; the version is not hashed. Source: quorum programs, section 8.
 */
import {DecodeError} from "../../errors.js";
import {hexOf, textOf, utf8} from "../bytes.js";
import {sha256} from "../hash.js";
import {type CompatCodec, canonicalCodec} from "../json.js";
import {type Ir, irValue, readIr, secretNames as secretsOf} from "./ir.js";
import {canonicalJson, isList, isObject, members, parseValue, type Value, type ValueObject, wireJson} from "./json.js";
import {DEFAULT_POLICY, type PolicyManifest, policyValue, readPolicy, unknownMembers} from "./policy.js";

export interface ProgramPackage {
  /** 64 hex digits. */
  readonly programId: string;
  /** Not part of the id; `null` where a package has none. */
  readonly version: string | null;
  readonly ir: Ir;
  readonly policy: PolicyManifest;
  /** Members of the policy's manifest that nobody here knows. The id covers them. */
  readonly unknownPolicy: readonly string[];
  /**
   * Names under which custodians hold shares, at least one where the program has secrets. The first is the one that
   * shares without a name belong to; a program of the reference has no other, and does not use it.
   */
  readonly secretNames: readonly string[];
  /** The package as it came: other members of its manifests are hashed too. */
  readonly source: ValueObject;
}

export const DEFAULT_VERSION = "1.0.0";
export const DEFAULT_SECRET_NAME = "S_v";
/** Largest package, in bytes. */
export const PACKAGE_MAX_BYTES = 8 * 1024 * 1024;

const refuse = (message: string): never => {
  throw new DecodeError("PACKAGE_INVALID", message);
};

/** The bytes that an id covers, as text. */
const hashedText = (ir: Value, policy: Value, secret: Value): string =>
  canonicalJson(members({ir, policy_manifest: policy, secret_manifest: secret}));

/** A package around `ir`; what is left out has the default. */
export function packProgram(
  ir: Ir,
  {
    version = DEFAULT_VERSION,
    secretName,
    policy = {},
  }: {
    readonly version?: string;
    /** For a program without secrets; the others name theirs. */
    readonly secretName?: string;
    readonly policy?: PolicyManifest;
  } = {},
): ProgramPackage {
  const whole = {...DEFAULT_POLICY, ...policy};
  const policyManifest = policyValue(whole);
  const declared = secretsOf(ir);
  const secretNames = declared.length > 0 ? declared : [secretName ?? DEFAULT_SECRET_NAME];
  const secretManifest = members({
    secret_name: secretNames[0]!,
    ...(secretNames.length > 1 ? {secret_names: secretNames} : {}),
  });
  const programId = idOf(hashedText(irValue(ir), policyManifest, secretManifest));
  const source = members({
    program_id: programId,
    version,
    ir: irValue(ir),
    secret_manifest: secretManifest,
    policy_manifest: policyManifest,
  });
  return {programId, version, ir, policy: whole, unknownPolicy: [], secretNames, source};
}

const idOf = (text: string): string => hexOf(sha256(utf8(text)));

/** The text whose digest is the id of `source`. @throws DecodeError PACKAGE_INVALID */
export function hashedTextOf(source: ValueObject): string {
  const part = (name: string): Value => {
    const value = source.get(name);
    return isObject(value) ? value : refuse(`package has no ${name}`);
  };
  return hashedText(part("ir"), part("policy_manifest"), part("secret_manifest"));
}

/**
 * Reads a package and recomputes its id (defect D7: approvals of an id that nobody checks cover nothing).
 * @throws DecodeError PACKAGE_INVALID, IR_INVALID, PROGRAM_ID_MISMATCH
 */
export function readPackage(source: Value | undefined): ProgramPackage {
  if (!isObject(source)) return refuse("package is no object");
  const claimed = source.get("program_id");
  if (typeof claimed !== "string") return refuse("package has no program_id");
  const version = source.get("version") ?? null;
  if (version !== null && typeof version !== "string") return refuse("version is no text");
  const programId = idOf(hashedTextOf(source));
  if (claimed !== programId)
    throw new DecodeError("PROGRAM_ID_MISMATCH", `the package is program ${programId}, not ${claimed}`, {
      hint: "compile the program again; its id is the digest of its content",
    });
  const ir = readIr(source.get("ir"));
  const manifest = source.get("policy_manifest") as ValueObject;
  return {
    programId,
    version,
    ir,
    policy: readPolicy(manifest),
    unknownPolicy: unknownMembers(manifest),
    secretNames: readSecretNames(source.get("secret_manifest") as ValueObject, secretsOf(ir)),
    source,
  };
}

/** The manifest lists what the program declares, in its order. */
function readSecretNames(manifest: ValueObject, declared: readonly string[]): readonly string[] {
  const first = manifest.get("secret_name") ?? null;
  if (first !== null && typeof first !== "string") return refuse("secret_name is no text");
  const listed = manifest.get("secret_names") ?? (first === null ? [] : [first]);
  if (!isList(listed)) return refuse("secret_names is no list");
  const names = listed.map((name) => (typeof name === "string" ? name : refuse("secret_names holds something else")));
  if (declared.length === 0) return names;
  const same = names.length === declared.length && names.every((name, at) => name === declared[at]);
  return same && first === names[0] ? names : refuse("the manifest lists other secrets than the program declares");
}

/** A package in a file: one line of JSON. */
export const programPackage: CompatCodec<ProgramPackage> = canonicalCodec<ProgramPackage>({
  what: "program package",
  maxBytes: PACKAGE_MAX_BYTES,
  write: ({source}) => `${wireJson(source)}\n`,
  read: (bytes) => readPackage(parseValue(textOf(bytes))),
});
