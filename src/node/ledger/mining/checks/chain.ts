/** Checks against the chain. Numbers are the steps of the QSDM mining protocol, section 12.3. */
import {equalBytes, hexOf} from "../../../../codecs/bytes.js";
import {proofIdOf} from "../../../../codecs/mining/proof.js";
import type {Draft, VerifyContext} from "../context.js";
import {epochOf} from "../epoch.js";

/** 9 to 11: a height at or shortly below the tip, and its epoch. */
export function checkHeight(draft: Draft, {params: {mining}, tipHeight}: VerifyContext): void {
  const {height, epoch} = draft.proof;
  if (height > tipHeight) draft.reject("stale-height", `height ${height} is in the future (tip ${tipHeight})`);
  const behind = tipHeight - height;
  if (behind > mining.graceBlocks) {
    const grace = `grace=${mining.graceBlocks}`;
    draft.reject("too-late", `height ${height} is ${behind} blocks behind tip ${tipHeight} (${grace})`);
  }
  const derived = epochOf(height, mining.blocksPerEpoch);
  if (epoch !== derived) draft.reject("wrong-epoch", `proof epoch ${epoch} != derived ${derived}`);
}

/** 12 and 13: the header at that height. */
export function checkHeader(draft: Draft, {chain}: VerifyContext): void {
  const {height, headerHash} = draft.proof;
  const header = chain.header(height);
  if (!header) draft.reject("header-mismatch", `no header at height ${height}`);
  if (!equalBytes(header.hash, headerHash)) draft.reject("header-mismatch", `header hash mismatch at height ${height}`);
  draft.header = header;
}

/** 14: new. From here on a rejection names the proof's id. */
export function checkUnseen(draft: Draft, {chain}: VerifyContext): void {
  const id = proofIdOf(draft.proof);
  draft.id = id;
  if (chain.isSeen(id, draft.proof.height)) draft.reject("duplicate", `proof ${hexOf(id.subarray(0, 8))} already seen`);
}

/** 15: an address that the chain can pay. */
export function checkAddress(draft: Draft, {compat}: VerifyContext): void {
  draft.attempt("bad-addr", "", () => compat?.checkAddress(draft.proof.minerAddr));
}

/** 16: no batch of this address was a fraud lately. */
export function checkQuarantine(draft: Draft, {chain, tipHeight}: VerifyContext): void {
  const {minerAddr} = draft.proof;
  if (chain.isQuarantined(minerAddr, tipHeight))
    draft.reject("quarantined", `miner ${minerAddr} under fraud quarantine`);
}
