/** What a client does with shares that custodians gave it, none of whom it believes alone. */
import {RuleError} from "../../../errors.js";
import {add, mul, sub} from "../field/field.js";
import {lagrangeWeights} from "../sharing/shamir.js";
import {setsOf} from "../verified/prss.js";

/** One custodian's shares of masks: r, v and r v for each. */
export interface MaskPart {
  readonly place: number;
  readonly elements: readonly bigint[];
}
const PARTS = 3;

export interface Masks {
  readonly values: readonly bigint[];
  /** Places whose shares fit not those of the others. */
  readonly wrong: readonly number[];
}

/** Shares of masks, and which masks they are of, by the word of who gave them. */
export interface GivenMasks extends MaskPart {
  readonly epoch: bigint;
  readonly first: bigint;
}

/**
 * Shares of the masks that most custodians gave, one of each custodian. What a few call otherwise is left out, and names
 * nobody: a coordinator can ask for other masks.
 */
export function mostGiven(given: readonly GivenMasks[]): readonly GivenMasks[] {
  const groups = new Map<string, Map<number, GivenMasks>>();
  for (const each of given) {
    const name = `${each.epoch} ${each.first}`;
    groups.set(name, (groups.get(name) ?? new Map()).set(each.place, each));
  }
  const [most] = [...groups.values()].sort((a, b) => b.size - a.size);
  return [...(most?.values() ?? [])];
}

/**
 * The masks that `count` shares of each part give. Any k custodians that agree on r, v and r v cannot have bent r without
 * knowing v, so the first k whose products fit are right, and whoever fits not with them is wrong.
 * @throws RuleError MASKS_WRONG
 */
export function openMasks(parts: readonly MaskPart[], {k, count}: {readonly k: number; readonly count: number}): Masks {
  const whole = parts.filter(({elements}) => elements.length === count * PARTS);
  for (const set of whole.length < k ? [] : setsOf(whole.length, k)) {
    const chosen = set.map((at) => whole[at]!);
    const opened = valuesAt(chosen, 0n);
    if (!opened.every((value, at) => at % PARTS > 0 || sub(mul(value, opened[at + 1]!), opened[at + 2]!) === 0n))
      continue;
    const wrong = parts.filter((part) => {
      if (!whole.includes(part)) return true;
      const expected = valuesAt(chosen, BigInt(part.place + 1));
      return part.elements.some((y, at) => expected[at] !== y);
    });
    return {values: opened.filter((_, at) => at % PARTS === 0), wrong: wrong.map(({place}) => place)};
  }
  throw new RuleError("MASKS_WRONG", `no ${k} of ${parts.length} custodians gave shares of the same masks`, {
    hint: "try again; nothing was charged",
  });
}

/** The values at `x` of the polynomials through what `chosen` hold. */
function valuesAt(chosen: readonly MaskPart[], x: bigint): bigint[] {
  const weights = lagrangeWeights(
    chosen.map(({place}) => BigInt(place + 1)),
    x,
  );
  return chosen[0]!.elements.map((_, at) =>
    chosen.reduce((sum, {elements}, part) => add(sum, mul(weights[part]!, elements[at]!)), 0n),
  );
}
