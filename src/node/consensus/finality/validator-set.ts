/** The validators of an epoch, shown to be all that the state has. */
import {bytesOfHex} from "../../../codecs/bytes.js";
import type {ValidatorSetProof} from "../../../codecs/chain/finality.js";
import {RuleError} from "../../../errors.js";
import {pathOf, type State, valueHashOf} from "../../ledger/state/state.js";
import {type Validator, validatorKey, validators} from "../../ledger/state/stores.js";
import {proveLeaf, type TreeNode, verifyLeaf} from "../../ledger/state/tree.js";

const pathOfValidator = (index: number): Uint8Array => pathOf(validators.name, validatorKey(index));

/** The proof of the validators of `state`, whose tree is `tree`. */
export function proveValidators(state: State, tree: TreeNode): ValidatorSetProof {
  const keys = [...state.keys(validators)];
  return {
    validators: keys.map((key, i) => ({
      ...state.get(validators, key)!,
      siblings: proveLeaf(tree, pathOfValidator(i)).siblings,
    })),
    end: proveLeaf(tree, pathOfValidator(keys.length)),
  };
}

/**
 * Every validator of the state with this root, in order of index.
 * @param stateRoot 64 hex digits
 * @throws RuleError VALIDATOR_SET_INVALID
 */
export function checkValidators(proof: ValidatorSetProof, stateRoot: string): readonly Validator[] {
  const root = bytesOfHex(stateRoot, 32);
  const refuse = (why: string): never => {
    throw new RuleError("VALIDATOR_SET_INVALID", `validator set: ${why} under state root ${stateRoot}`, {
      hint: "the proof is of another chain or another epoch, or it was changed",
    });
  };
  const members = proof.validators.map(({siblings, ...validator}, i): Validator => {
    const path = pathOfValidator(i);
    const valueHash = valueHashOf(validators.codec.encode(validator));
    if (!verifyLeaf(root, {path, valueHash}, {siblings, leaf: {path, valueHash}}))
      refuse(`validator ${i} is not the one`);
    return validator;
  });
  // Indexes have no gaps, so that the first that is missing ends the list.
  if (!verifyLeaf(root, {path: pathOfValidator(members.length), valueHash: null}, proof.end))
    refuse(`${members.length} validators are not all`);
  return members;
}
