/** Which of several kinds of evidence the flags ask for. */
import {UsageError} from "../../errors.js";

/**
 * The one of `names` that is given.
 * @param names the flag that each source is named by
 * @throws UsageError EVIDENCE_SOURCE
 */
export function sourceOf<const S extends string>(
  given: {readonly [source in NoInfer<S>]?: unknown},
  names: Readonly<Record<S, string>>,
): S {
  const chosen = (Object.keys(names) as S[]).filter((name) => given[name] !== undefined);
  if (chosen.length === 1) return chosen[0]!;
  throw new UsageError(
    "EVIDENCE_SOURCE",
    `give one of ${Object.values(names).join(", ")}, not ${chosen.length || "none"}`,
    {hint: "the evidence is a MAC, a certified quote, or a GPU's report"},
  );
}
