/** What is done to the validators, one thing at a time. */
import type {Validator} from "./validators.js";
import type {Wires} from "./wires.js";

export const FAULTS = ["kill", "pause", "partition", "halves"] as const;
export type FaultKind = (typeof FAULTS)[number];

export interface Fault {
  readonly kind: FaultKind;
  /** Those who are away meanwhile. */
  readonly away: readonly number[];
}

/** A fault of that kind, on validators that `pick` chooses below a bound. */
export function faultOf(kind: FaultKind, count: number, pick: (below: number) => number): Fault {
  const first = pick(count);
  if (kind !== "halves") return {kind, away: [first]};
  return {kind, away: [first, (first + 1 + pick(count - 1)) % count]};
}

/** Begins it; the result ends it and resolves when what was away could come back. */
export async function inflict(
  {kind, away}: Fault,
  {validators, wires}: {readonly validators: readonly Validator[]; readonly wires: Wires},
): Promise<() => Promise<void>> {
  const [first] = away.map((i) => validators[i]!);
  switch (kind) {
    case "kill":
      await first!.signal("SIGKILL");
      return () => first!.start();
    case "pause":
      await first!.signal("SIGSTOP");
      return () => first!.signal("SIGCONT");
    default: {
      const others = validators.map(({index}) => index).filter((index) => !away.includes(index));
      await wires.part([away, others]);
      return () => wires.heal();
    }
  }
}
