/** What a custodian or an author should know before a program is approved. */
import {type Ir, isBitOperation, isOperationNode, isProduct} from "../../../codecs/quorum/ir.js";
import {DEFAULT_POLICY, type PolicyManifest, policyFields} from "../../../codecs/quorum/policy.js";
import {RuleError} from "../../../errors.js";
import {isGenerated} from "../language/draft.js";
import {watchOf} from "../policy/watch.js";
import type {Threshold} from "../sharing/shamir.js";
import {checkCost} from "../verified/cost.js";
import {checkShape} from "../verified/shape.js";
import {type Analysis, analyze} from "./analyze.js";
import {optimize, prune} from "./optimize.js";
import {runningIr} from "./running.js";
import {watchFindings} from "./watch-findings.js";

/** A remark. `note` is worth knowing, `warning` is worth changing. */
export interface Finding {
  readonly severity: "warning" | "note";
  readonly code: FindingCode;
  /** The wire that it is about, `null` for the whole program. */
  readonly wire: string | null;
  readonly message: string;
}

export type FindingCode =
  | "BUDGET_ALLOWS_EXTRACTION"
  | "TOTAL_ALLOWS_EXTRACTION"
  | "ORGANISATION_ALLOWS_EXTRACTION"
  | "CONTROL"
  | "ROUNDED_AWAY"
  | "ANOMALY_ALLOWS_EXTRACTION"
  | "ANOMALY_UNLIMITED"
  | "ANOMALY_COST"
  | "POLICY_ALLOWS_NOTHING"
  | "TOO_COSTLY"
  | "NEEDS_STRICT"
  | "CONSTANTS_IN_CLEAR"
  | "CONSTANT_OUTPUT"
  | "UNUSED_INPUT"
  | "UNUSED_NODE"
  | "CONSTANT_PRODUCT"
  | "REPEATED_PRODUCT"
  | "REPEATED_COMPARISON";

export interface LintOptions {
  /** Of this program, where it is at hand; it is made where not. */
  readonly analysis?: Analysis;
  /** Custodians that are to evaluate it. */
  readonly shape?: Threshold;
}

/** Findings of `ir` under `policy`, the gravest first. @throws RuleError ANALYSIS_TOO_LARGE */
export function lint(
  ir: Ir,
  policy: PolicyManifest,
  {analysis = analyze(ir, {policy}), shape}: LintOptions = {},
): readonly Finding[] {
  const findings = [
    ...budgetFindings(analysis, {...DEFAULT_POLICY, ...policy}),
    ...controls(policy),
    ...watchFindings(ir, analysis, policy),
    ...(shape ? costFindings(runningIr({ir, policy}), {shape, earlier: watchOf(policy)?.window}) : []),
    ...roundedAway(analysis, policy),
    ...unused(ir),
    ...wasted(ir),
    ...constants(ir, analysis),
  ];
  return findings.sort((a, b) => Number(a.severity === "note") - Number(b.severity === "note"));
}

function budgetFindings({outputs}: Analysis, policy: PolicyManifest & typeof DEFAULT_POLICY): Finding[] {
  const {costPerEval: cost, budgetPerIdentity: own, maxEvalsPerMinute: rate} = policy;
  // Nobody spends more alone than those together who have one budget.
  const budget = leastOf([own, policy.budgetTotal, policy.budgetPerOrganisation]);
  const shared = sharedBudget(policy);
  if (budget < cost || rate === 0n)
    return [
      {
        severity: "warning",
        code: "POLICY_ALLOWS_NOTHING",
        wire: null,
        message: `cost ${cost}, budget ${budget} and ${rate} evaluations per minute allow no evaluation`,
      },
    ];
  // A cost of nothing never uses a budget up.
  const answersFor = (spent: bigint): bigint | null => (cost === 0n ? null : spent / cost);
  const [alone, together] = [answersFor(budget), shared === null ? 0n : answersFor(shared.budget)];
  return outputs.flatMap(({name, structure, extractionQueries: needed}): Finding[] => {
    if (needed === 0n) return [];
    const what = `${needed} answers ${structure === "piecewise" ? "have room for" : "give"} the unknowns of this ${structure} output`;
    if (alone === null || alone >= needed)
      return [
        {
          severity: "warning",
          code: "BUDGET_ALLOWS_EXTRACTION",
          wire: name,
          message: `${what}, and one identity has ${alone ?? "any number"}`,
        },
      ];
    if (shared === null || together === null || together < needed) return [];
    const {code, who} = shared;
    return [{severity: "note", code, wire: name, message: `${what}, and ${who} have ${together} together`}];
  });
}

const leastOf = ([first, ...others]: readonly [bigint, ...(bigint | undefined)[]]): bigint =>
  others.reduce<bigint>((least, each) => (each !== undefined && each < least ? each : least), first);

/** The largest budget that several identities have together; null where they have their own alone. */
function sharedBudget({budgetTotal: total, budgetPerOrganisation: organisation}: PolicyManifest) {
  if (total !== undefined)
    return {budget: total, code: "TOTAL_ALLOWS_EXTRACTION", who: "identities that share theirs"} as const;
  if (organisation === undefined) return null;
  const who = "identities of one organisation";
  return {budget: organisation, code: "ORGANISATION_ALLOWS_EXTRACTION", who} as const;
}

/** What a policy does beyond budgets and rates that every program has. */
const controls = (policy: PolicyManifest): Finding[] =>
  policyFields.flatMap(([key, {initial, says}]): Finding[] =>
    initial !== undefined || policy[key] === undefined
      ? []
      : [{severity: "note", code: "CONTROL", wire: null, message: says(policy[key])}],
  );

const roundedAway = ({outputs}: Analysis, {outputRoundingBits: bits}: PolicyManifest): Finding[] =>
  outputs.flatMap(({name, structure, answerBits}): Finding[] =>
    bits === undefined || answerBits > 0 || structure === "constant"
      ? []
      : [
          {
            severity: "warning",
            code: "ROUNDED_AWAY",
            wire: name,
            message: `rounded to multiples of 2^${bits} this output has one value`,
          },
        ],
  );

function costFindings(
  ir: Ir,
  {shape: {n, k}, earlier}: {readonly shape: Threshold; readonly earlier: number | undefined},
): Finding[] {
  const t = k - 1;
  const shape = refusalOf(() => checkShape({n, k}));
  if (shape !== null) {
    // Such custodians are of the compat profile, which makes triples by the product and compares nothing.
    if (!ir.nodes.some(isBitOperation)) return [];
    const message = `only the strict profile evaluates comparisons and shifts, and there ${shape}`;
    return [{severity: "warning", code: "NEEDS_STRICT", wire: null, message}];
  }
  const cost = refusalOf(() => checkCost(ir, {n, t}, earlier));
  if (cost === null) return [];
  const message = `${n} custodians of whom ${k} open a value refuse it: ${cost}`;
  return [{severity: "warning", code: "TOO_COSTLY", wire: null, message}];
}

function refusalOf(check: () => void): string | null {
  try {
    check();
    return null;
  } catch (error) {
    if (error instanceof RuleError) return error.message;
    throw error;
  }
}

function unused(ir: Ir): Finding[] {
  const needed = new Set(prune(ir).nodes.map(({id}) => id));
  return ir.nodes
    .filter(({id}) => !needed.has(id))
    .map(({id, type}) => ({
      severity: "warning",
      code: type === "input" ? "UNUSED_INPUT" : "UNUSED_NODE",
      wire: id,
      message: type === "input" ? "no output needs this input, yet clients must send it" : "no output needs this node",
    }));
}

function wasted(ir: Ir): Finding[] {
  const constant = new Set<string>();
  const findings: Finding[] = [];
  for (const node of ir.nodes) {
    if (node.type === "const") constant.add(node.id);
    if (!isOperationNode(node)) continue;
    if (node.inputs.every((name) => constant.has(name))) constant.add(node.id);
    if (isProduct(node) && node.inputs.slice(0, node.type === "mul" ? 2 : 1).some((name) => constant.has(name)))
      findings.push({
        severity: "note",
        code: "CONSTANT_PRODUCT",
        wire: node.id,
        message: "a product with a constant takes a triple and a round that it does not need",
      });
  }
  const kept = new Set(optimize(ir).nodes.map(({id}) => id));
  const needed = prune(ir).nodes;
  for (const node of needed)
    if ((isProduct(node) || isBitOperation(node)) && !kept.has(node.id))
      findings.push({
        severity: "note",
        code: isProduct(node) ? "REPEATED_PRODUCT" : "REPEATED_COMPARISON",
        wire: node.id,
        message: `an earlier ${node.type} is the same; --optimize merges them`,
      });
  return findings;
}

function constants({nodes}: Ir, {outputs}: Analysis): Finding[] {
  const count = nodes.filter(({type, id}) => type === "const" && !isGenerated(id)).length;
  const findings: Finding[] = outputs
    .filter(({structure}) => structure === "constant")
    .map(({name}) => ({
      severity: "warning",
      code: "CONSTANT_OUTPUT",
      wire: name,
      message: "this output depends on no input: every answer is the same",
    }));
  if (count > 0)
    findings.push({
      severity: "note",
      code: "CONSTANTS_IN_CLEAR",
      wire: null,
      message: `whoever holds the package reads its constants, ${count} here`,
    });
  return findings;
}
