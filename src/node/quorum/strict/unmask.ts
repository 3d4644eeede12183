/** What a client does with shares that custodians gave it, none of whom it believes alone. */
import {RuleError} from "../../../errors.js";
import {mul, sub} from "../field/field.js";
import {lagrangeAt, reconstruct, type Share} from "../sharing/shamir.js";
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

/**
 * The masks that `count` shares of each part give. Any k custodians that agree on r, v and r v cannot have bent r without
 * knowing v, so the first k whose products fit are right, and whoever fits not with them is wrong.
 * @throws RuleError MASKS_WRONG
 */
export function openMasks(parts: readonly MaskPart[], {k, count}: {readonly k: number; readonly count: number}): Masks {
  const whole = parts.filter(({elements}) => elements.length === count * PARTS);
  const points = (at: number, among: readonly MaskPart[]): Share[] =>
    among.map(({place, elements}) => ({x: BigInt(place + 1), y: elements[at]!}));
  for (const set of whole.length < k ? [] : setsOf(whole.length, k)) {
    const chosen = set.map((at) => whole[at]!);
    const values = Array.from({length: count}, (_, mask) =>
      [0, 1, 2].map((part) => reconstruct(points(PARTS * mask + part, chosen))),
    );
    if (!values.every(([r, v, rv]) => sub(mul(r!, v!), rv!) === 0n)) continue;
    const wrong = parts.filter(
      (part) =>
        !whole.includes(part) ||
        part.elements.some((y, at) => lagrangeAt(points(at, chosen), BigInt(part.place + 1)) !== y),
    );
    return {values: values.map(([r]) => r!), wrong: wrong.map(({place}) => place)};
  }
  throw new RuleError("MASKS_WRONG", `no ${k} of ${parts.length} custodians gave shares of the same masks`, {
    hint: "try again; nothing was charged",
  });
}
