/**
 * Payloads of contract `qsdm/gov/v1`: set a parameter, add or remove an authority; ours alone, retire a submesh.
 *
 * J-plain JSON, members in the order below, an empty memo left out. The kind is peeked at with a reader that allows
 * nothing behind the value, so the tolerance of the second reading never comes to bear.
 * Source: mining protocol, section 23. Vectors: payloads.vectors.json.
 */
import {DecodeError} from "../../errors.js";
import {utf8} from "../bytes.js";
import {quoteText} from "../go/quote.js";
import {prefixed, readStrict, readWhole} from "../go/readers.js";
import {type GoValue, goStruct, member, optional} from "../go/struct.js";
import {type GoType, goText, goUint64} from "../go/types.js";
import {type CompatCodec, canonicalCodec} from "../json.js";
import {CHAIN_PARAMETERS, GOVERNED_PARAMETERS, type GovernedParameter} from "./parameters.js";

export const GOVERNANCE_CONTRACT = "qsdm/gov/v1";
export const PARAM_SET = "param-set";
export const AUTHORITY_SET = "authority-set";
export const SUBMESH_RETIRE = "submesh-retire";

const kind = member("kind", goText("chainparams.PayloadKind"));
const paramSetWire = goStruct("chainparams.ParamSetPayload", {
  kind,
  param: member("param", goText()),
  value: member("value", goUint64),
  effectiveHeight: member("effective_height", goUint64),
  memo: optional("memo", goText()),
});
export type ParamSet = GoValue<typeof paramSetWire>;

const authoritySetWire = goStruct("chainparams.AuthoritySetPayload", {
  kind,
  /** `add` or `remove`. */
  op: member("op", goText("chainparams.AuthorityOp")),
  address: member("address", goText()),
  effectiveHeight: member("effective_height", goUint64),
  memo: optional("memo", goText()),
});
export type AuthoritySet = GoValue<typeof authoritySetWire>;

/** Ours: the reference has no such kind. */
const submeshRetireWire = goStruct("chainparams.SubmeshRetirePayload", {
  kind,
  /** As profiles and cells name it. */
  submesh: member("submesh", goText()),
  effectiveHeight: member("effective_height", goUint64),
  memo: optional("memo", goText()),
});
export type SubmeshRetire = GoValue<typeof submeshRetireWire>;

const MAX_BYTES = 4_096;
const CODE = "GOVERNANCE_INVALID";
const refuse = (why: string): never => {
  throw new DecodeError(CODE, `chainparams: ${why}`);
};
const invalid = (why: string): never => refuse(`payload invalid: ${why}`);
const KINDS = `(want "${PARAM_SET}" or "${AUTHORITY_SET}")`;
const DECODE = {code: CODE, prefix: "chainparams: payload decode failed: "};
const STRICT = {...DECODE, trailing: "chainparams: payload decode failed: trailing bytes after payload JSON"};
const kindPeek = goStruct("struct { Kind chainparams.PayloadKind }", {kind});

function kindIn(bytes: Uint8Array): string {
  if (bytes.length === 0) refuse("payload decode failed: empty payload");
  return readWhole(kindPeek, bytes, DECODE).kind;
}

/**
 * The kind on a chain of our own, which knows one more, and looks at nothing that is longer than any payload.
 * @throws DecodeError GOVERNANCE_INVALID, JSON_TOO_LARGE
 */
export function peekChainKind(bytes: Uint8Array) {
  if (bytes.length > MAX_BYTES)
    throw new DecodeError("JSON_TOO_LARGE", `governance payload is ${bytes.length} bytes, at most ${MAX_BYTES}`);
  return kindIn(bytes) === SUBMESH_RETIRE ? SUBMESH_RETIRE : peekGovernanceKind(bytes);
}

/** `param-set` or `authority-set`. @throws DecodeError GOVERNANCE_INVALID */
export function peekGovernanceKind(bytes: Uint8Array): typeof PARAM_SET | typeof AUTHORITY_SET {
  const found = kindIn(bytes);
  if (found === "") invalid(`payload missing kind field ${KINDS}`);
  return found === PARAM_SET || found === AUTHORITY_SET ? found : invalid(`unknown kind ${quoteText(found)} ${KINDS}`);
}

/** What a payload says, whatever it asks for: for showing it. @throws DecodeError GOVERNANCE_INVALID */
export const readParamSet = (bytes: Uint8Array): ParamSet => readStrict(paramSetWire, bytes, STRICT);
/** @throws DecodeError GOVERNANCE_INVALID */
export const readAuthoritySet = (bytes: Uint8Array): AuthoritySet => readStrict(authoritySetWire, bytes, STRICT);
/** @throws DecodeError GOVERNANCE_INVALID */
export const readSubmeshRetire = (bytes: Uint8Array): SubmeshRetire => readStrict(submeshRetireWire, bytes, STRICT);

function payloadCodec<T extends {readonly kind: string}>(wire: GoType<T>, check: (value: T) => void): CompatCodec<T> {
  return canonicalCodec<T>({
    what: "governance payload",
    maxBytes: MAX_BYTES,
    write(value) {
      prefixed({code: CODE, prefix: "chainparams: encode: "}, () => check(value));
      return wire.write(value, "plain");
    },
    read(bytes) {
      if (bytes.length === 0) refuse("payload decode failed: empty payload");
      const value = readStrict(wire, bytes, STRICT);
      check(value);
      return value;
    },
  });
}

/** @throws DecodeError GOVERNANCE_INVALID with the reference's text, JSON_TOO_LARGE, JSON_NOT_CANONICAL */
export const paramSet = payloadCodec(paramSetWire, (value) => checkParamSet(value, GOVERNED_PARAMETERS));
/** The same of a chain of our own, which governs more. @throws as `paramSet` */
export const chainParamSet = payloadCodec(paramSetWire, (value) => checkParamSet(value, CHAIN_PARAMETERS));
/** @throws DecodeError GOVERNANCE_INVALID with the reference's text, JSON_TOO_LARGE, JSON_NOT_CANONICAL */
export const authoritySet = payloadCodec(authoritySetWire, checkAuthoritySet);
/** @throws as `paramSet` */
export const submeshRetire = payloadCodec(submeshRetireWire, checkSubmeshRetire);

/** Whether a submesh can be called so: printable, without spaces, and without the slash that names of proposals use. */
export const isSubmeshName = (name: string): boolean => /^[!-.0-~]{1,64}$/.test(name);

function checkParamSet(
  {kind: found, param, value, effectiveHeight, memo}: ParamSet,
  parameters: readonly GovernedParameter[],
): void {
  if (found !== PARAM_SET) invalid(`kind=${quoteText(found)} want "${PARAM_SET}"`);
  checkMemo(memo);
  const registry = `(registry: ${parameters.map(({name}) => name).join(", ")})`;
  if (param === "") refuse(`param not in registry: param name is empty ${registry}`);
  const known =
    parameters.find(({name}) => name === param) ??
    refuse(`param not in registry: param=${quoteText(param)} ${registry}`);
  if (value < known.min || value > known.max)
    refuse(
      `value out of registered bounds: param=${quoteText(param)} value=${value} range=[${known.min}, ${known.max}]`,
    );
  checkHeight(effectiveHeight);
}

function checkAuthoritySet({kind: found, op, address, effectiveHeight, memo}: AuthoritySet): void {
  if (found !== AUTHORITY_SET) invalid(`kind=${quoteText(found)} want "${AUTHORITY_SET}"`);
  if (op !== "add" && op !== "remove") invalid(`op=${quoteText(op)} want "add" or "remove"`);
  const bytes = utf8(address);
  if (bytes.length === 0) invalid("address is empty");
  if (bytes.length > 128) invalid(`address exceeds 128 bytes (got ${bytes.length})`);
  const at = bytes.findIndex((byte) => byte <= 0x20 || byte === 0x7f);
  if (at >= 0)
    invalid(`address contains non-printable byte 0x${bytes[at]!.toString(16).padStart(2, "0")} at index ${at}`);
  checkMemo(memo);
  checkHeight(effectiveHeight);
}

function checkSubmeshRetire({kind: found, submesh, effectiveHeight, memo}: SubmeshRetire): void {
  if (found !== SUBMESH_RETIRE) invalid(`kind=${quoteText(found)} want "${SUBMESH_RETIRE}"`);
  if (!isSubmeshName(submesh)) invalid(`submesh=${quoteText(submesh)} want 1 to 64 printable characters but a slash`);
  checkMemo(memo);
  checkHeight(effectiveHeight);
}

function checkMemo(memo: string): void {
  const size = utf8(memo).length;
  if (size > 256) invalid(`memo exceeds 256 bytes (got ${size})`);
}

function checkHeight(height: bigint): void {
  if (height === 0n) invalid("effective_height must be positive (got 0)");
}
