/**
 * `qsdm/wallet-recovery/v1`: one encrypted key backup for each account, which its owner may replace. A locator belongs to
 * whoever registered it first until they replace it; whoever sees one on its way and is faster keeps nobody from a key,
 * for new words give a new locator.
 */
import type {CapsuleRecord} from "../../../codecs/chain/capsule.js";
import {CAPSULE_CONTRACT} from "../../../codecs/chain/capsule.js";
import type {UnsignedEnvelope} from "../../../codecs/chain/envelope.js";
import {RuleError} from "../../../errors.js";
import {checkCarried} from "../chain/carried.js";
import type {Call, Contract, Effect} from "../chain/contract.js";
import {accountAt} from "../monetary/supply.js";
import type {State} from "../state/state.js";
import {capsuleLocators, capsules} from "../state/stores.js";
import {type CheckedCapsule, readCapsuleAction} from "./action.js";

/** @throws DecodeError; RuleError CAPSULE_INVALID, SENDER_MISMATCH, NONCE_MISMATCH */
function read(content: UnsignedEnvelope): CheckedCapsule {
  const checked = readCapsuleAction(content.payload);
  checkCarried(checked.action, content);
  return checked;
}

/** The capsule that a locator finds, with its owner; null for none. */
export function capsuleAt(
  state: State,
  locator: string,
): {readonly owner: string; readonly record: CapsuleRecord} | null {
  const found = state.get(capsuleLocators, locator);
  return found ? {owner: found.owner, record: state.get(capsules, found.owner)!} : null;
}

function apply({state, content}: Call): Effect {
  const {record} = read(content);
  const {sender} = content;
  const {locator} = record;
  // Where actions are free, 16 KiB of everybody's state would be too, under as many new keys as anybody makes.
  if (content.nonce === 0n && accountAt(state, sender).balanceDust === 0n)
    throw new RuleError("CAPSULE_OWNER_UNKNOWN", `account ${sender} never held anything`, {
      hint: "pay something to the account first",
    });
  const holder = state.get(capsuleLocators, locator)?.owner ?? sender;
  if (holder !== sender)
    throw new RuleError("CAPSULE_LOCATOR_TAKEN", `locator ${locator} belongs to another account`, {
      hint: "make new recovery words: they give another locator",
    });
  const before = state.get(capsules, sender);
  if (before && before.locator !== locator) state.remove(capsuleLocators, before.locator);
  state.put(capsuleLocators, locator, {owner: sender});
  state.put(capsules, sender, record);
  return {
    events: [{type: "capsule-registered", owner: sender, locator, isReplacement: before !== undefined}],
    slash: null,
  };
}

export const capsuleContract: Contract = {
  id: CAPSULE_CONTRACT,
  check: (content) => void read(content),
  // The capsule and what it is found by; a new one takes the place of both.
  adds: ({sender}, state) => (state.has(capsules, sender) ? 0 : 2),
  apply,
  rejected: () => null,
};
