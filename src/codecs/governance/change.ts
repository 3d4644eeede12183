/**
 * A change that authorities vote on. Proposing it and voting for it are one transaction: everybody who agrees signs
 * the change itself, and two payloads are of one proposal when they say the same to happen at the same height.
 * Why: docs/decisions/0073-governance.md.
 */
import {DecodeError} from "../../errors.js";
import {U64_MAX} from "../amount.js";
import {
  AUTHORITY_SET,
  type AuthoritySet,
  authoritySet,
  chainParamSet,
  isSubmeshName,
  PARAM_SET,
  paramSet,
  peekChainKind,
  peekGovernanceKind,
  SUBMESH_RETIRE,
  submeshRetire,
} from "./payloads.js";

export type Change =
  | {readonly kind: typeof PARAM_SET; readonly param: string; readonly value: bigint}
  | {readonly kind: typeof AUTHORITY_SET; readonly op: string; readonly address: string}
  /** For good. Whoever works for the chain votes, and not its authorities. */
  | {readonly kind: typeof SUBMESH_RETIRE; readonly submesh: string};

/** What makes a proposal the one that it is. */
export interface Proposed {
  readonly change: Change;
  readonly effectiveHeight: bigint;
}

type Read = Proposed & {readonly memo: string};

const ofAuthority = ({op, address, effectiveHeight, memo}: AuthoritySet): Read => ({
  change: {kind: AUTHORITY_SET, op, address},
  effectiveHeight,
  memo,
});

/** The change in a payload, as its encoder writes it. @throws DecodeError GOVERNANCE_INVALID, JSON_NOT_CANONICAL */
export function decodeChange(payload: Uint8Array): Read {
  const kind = peekChainKind(payload);
  if (kind === AUTHORITY_SET) return ofAuthority(authoritySet.decode(payload));
  if (kind === SUBMESH_RETIRE) {
    const {submesh, effectiveHeight, memo} = submeshRetire.decode(payload);
    return {change: {kind, submesh}, effectiveHeight, memo};
  }
  const {param, value, effectiveHeight, memo} = chainParamSet.decode(payload);
  return {change: {kind: PARAM_SET, param, value}, effectiveHeight, memo};
}

/** The same as the reference reads it, which knows fewer parameters. @throws DecodeError GOVERNANCE_INVALID */
export function readChangeCompat(payload: Uint8Array): Read {
  if (peekGovernanceKind(payload) === AUTHORITY_SET) return ofAuthority(authoritySet.readCompat(payload));
  const {param, value, effectiveHeight, memo} = paramSet.readCompat(payload);
  return {change: {kind: PARAM_SET, param, value}, effectiveHeight, memo};
}

/** The payload that proposes a change, and that votes for it. @throws DecodeError GOVERNANCE_INVALID */
export function encodeChange({change, effectiveHeight}: Proposed, memo = ""): Uint8Array {
  switch (change.kind) {
    case PARAM_SET:
      return chainParamSet.encode({...change, effectiveHeight, memo});
    case AUTHORITY_SET:
      return authoritySet.encode({...change, effectiveHeight, memo});
    case SUBMESH_RETIRE:
      return submeshRetire.encode({...change, effectiveHeight, memo});
  }
}

/** What a proposal is called: `1200/param-set/reward_bps/500`, `1200/authority-set/add/ADDRESS`, `1200/submesh-retire/NAME`. */
export const formatProposal = ({change, effectiveHeight}: Proposed): string =>
  [effectiveHeight, ...Object.values(change)].join("/");

/** @throws DecodeError PROPOSAL_INVALID */
export function parseProposal(text: string): Proposed {
  const [height = "", kind, what = "", value = "", ...rest] = text.split("/");
  if (rest.length > 0 || !isU64(height)) throw notProposal(text);
  const effectiveHeight = BigInt(height);
  if (kind === SUBMESH_RETIRE) {
    if (!isSubmeshName(what) || value !== "") throw notProposal(text);
    return {change: {kind, submesh: what}, effectiveHeight};
  }
  if (kind === AUTHORITY_SET) return {change: {kind, op: what, address: value}, effectiveHeight};
  if (kind !== PARAM_SET || !isU64(value)) throw notProposal(text);
  return {change: {kind, param: what, value: BigInt(value)}, effectiveHeight};
}

const isU64 = (text: string): boolean => /^(0|[1-9][0-9]{0,19})$/.test(text) && BigInt(text) <= U64_MAX;

const notProposal = (text: string): DecodeError =>
  new DecodeError("PROPOSAL_INVALID", `"${text}" names no proposal`, {
    hint: "write it as qsdm gov status prints it, for example 1200/param-set/reward_bps/500",
  });
