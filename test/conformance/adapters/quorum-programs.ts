/** Language, packages, optimizer, and evaluation in the clear and on shares. */

import {irValue} from "../../../src/codecs/quorum/ir.js";
import {isObject, type ValueObject, wireJson} from "../../../src/codecs/quorum/json.js";
import type {PolicyManifest} from "../../../src/codecs/quorum/policy.js";
import {hashedTextOf, packProgram, programPackage} from "../../../src/codecs/quorum/program-package.js";
import {evaluateInProcess} from "../../../src/node/quorum/custodian/in-process.js";
import {type Resolution, StepExecutor} from "../../../src/node/quorum/custodian/step-executor.js";
import {compile} from "../../../src/node/quorum/language/compile.js";
import {refuseSource} from "../../../src/node/quorum/language/draft.js";
import {isStatement} from "../../../src/node/quorum/language/statements.js";
import {evaluate} from "../../../src/node/quorum/program/evaluate.js";
import {eliminateCommon, optimize, prune} from "../../../src/node/quorum/program/optimize.js";
import {type Adapter, type Adapters, type Input, type Output, UnknownCase} from "../case.js";
import {
  irShape,
  numbersOf,
  numbersShape,
  programOf,
  recordedShape,
  recordedSource,
  wireValue,
} from "./quorum-shapes.js";

const policyOf = (input: Input): PolicyManifest => {
  const manifest = wireValue(input.json.policy ?? {}) as ValueObject;
  const member = (name: string) => manifest.get(name) as bigint | undefined;
  const [cost, budget, rate] = ["cost_per_eval", "budget_per_identity", "max_evals_per_minute"].map(member);
  return {
    ...(cost === undefined ? {} : {costPerEval: cost}),
    ...(budget === undefined ? {} : {budgetPerIdentity: budget}),
    ...(rate === undefined ? {} : {maxEvalsPerMinute: rate}),
  };
};

const compileCase: Adapter = (input) => {
  const ir = compile(input.text("source"));
  return {
    ir: irShape(ir),
    multi_output: ir.outputs.length > 1,
    ir_json: wireJson(irValue(ir)),
    program_id: packProgram(ir).programId,
  };
};

const packageCase: Adapter = (input) => {
  const packed = packProgram(compile(input.text("source")), {
    version: input.text("version"),
    policy: policyOf(input),
    ...(input.has("secret") ? {secretName: input.object("secret").text("secret_name")} : {}),
  });
  // Through its file form, so that what is compared is what a reader gets.
  const {programId, version, source} = programPackage.decode(programPackage.encode(packed));
  const manifest = (name: string): Output => {
    const value = source.get(name);
    if (!isObject(value)) throw new UnknownCase(`no ${name}`);
    return recordedShape(value);
  };
  return {
    canonical: hashedTextOf(source),
    program_id: programId,
    version,
    policy_manifest: manifest("policy_manifest"),
    secret_manifest: manifest("secret_manifest"),
    package_key_order: [...source.keys()],
  };
};

const optimizeCase: Adapter = (input) => {
  const ir = compile(input.text("source"));
  const best = optimize(ir);
  return {
    cse: irShape(eliminateCommon(ir)),
    prune: irShape(prune(ir)),
    optimize: irShape(best),
    program_id_before: packProgram(ir).programId,
    program_id_after: packProgram(best).programId,
  };
};

/** Where inputs are given, both programs are run on them. */
const optimizeCorrected: Adapter = (input) => {
  const ir = compile(input.text("source"));
  const best = optimize(ir);
  const inputs = input.has("inputs") ? numbersOf(input.object("inputs")) : null;
  const outputs = inputs && evaluate(best, {inputs});
  if (
    inputs &&
    outputs &&
    JSON.stringify([...evaluate(ir, {inputs})].map(String)) !== JSON.stringify([...outputs].map(String))
  )
    throw new UnknownCase("the optimizer changed what the program computes");
  return {
    cse: irShape(eliminateCommon(ir)),
    optimize: irShape(best),
    program_id_after: packProgram(best).programId,
    ...(outputs ? {outputs: numbersShape(outputs)} : {}),
  };
};

const executeCase: Adapter = (input) => {
  const ir = programOf(input);
  const outputs = evaluate(ir, {inputs: numbersOf(input.object("inputs"))});
  return {output: `${outputs.get(ir.outputs[0]!)}`, outputs: numbersShape(outputs)};
};

const batchShape = (batch: ReturnType<StepExecutor["step"]>): Output =>
  batch.map(({node, masked: {epsilon, delta}}) => ({
    node_id: node,
    epsilon_share: `${epsilon}`,
    delta_share: `${delta}`,
  }));

const stepCase: Adapter = (input) => {
  const triples = input.object("triples");
  const executor = new StepExecutor(
    compile(input.text("source")),
    {inputs: numbersOf(input.object("input_shares"))},
    new Map(
      Object.keys(triples.json).map((node) => {
        const triple = triples.object(node);
        return [node, {a: triple.big("a"), b: triple.big("b"), c: triple.big("c")}];
      }),
    ),
  );
  const by: Resolution = input.text("resolution_mode") === "p2p" ? "peer" : "coordinator";
  const batches: Output[] = [];
  for (let batch = executor.step(); batch.length > 0; batch = executor.step()) {
    batches.push(batchShape(batch));
    for (const {node} of batch) {
      const [epsilon, delta] = input.object("resolutions").texts(node).map(BigInt);
      executor.resolve(node, {epsilon: epsilon!, delta: delta!}, by);
    }
  }
  return {batches, outputs: numbersShape(executor.outputs())};
};

/** Every value of an evaluation on shares, all custodians in one process. */
const secureCase: Adapter = (input) => {
  const ir = compile(input.text("source"));
  const threshold = {n: input.number("n"), k: input.number("k")};
  const trace = evaluateInProcess(ir, {inputs: numbersOf(input.object("inputs"))}, threshold, recordedSource(input));
  return {
    input_shares: Object.fromEntries([...trace.inputShares].map(([name, each]) => [name, each.map(({y}) => `${y}`)])),
    rounds: trace.rounds.map((round) =>
      round.map(({node, masked, opened, shares}) => ({
        node_id: node,
        epsilon_shares: masked.map(({epsilon}) => `${epsilon}`),
        delta_shares: masked.map(({delta}) => `${delta}`),
        epsilon: `${opened.epsilon}`,
        delta: `${opened.delta}`,
        z_shares: shares.map(String),
      })),
    ),
    output_shares: Object.fromEntries(
      ir.outputs.map((name) => [name, trace.outputShares.map((each) => `${each.get(name)}`)]),
    ),
    results: numbersShape(trace.results),
  };
};

/** What our language has and the reference's has not is a word like any other to it. */
function refuseOurWords(source: string): string {
  for (const [at, line] of source.split("\n").entries()) {
    const [word = ""] = line.split(" ");
    if (isStatement(word)) refuseSource(at + 1, `unknown keyword '${word}'`);
  }
  return source;
}

export const quorumProgramAdapters: Adapters = {
  "DSL source -> IR JSON -> program id (default policy and secret manifests)": compileCase,
  "DSL sources that must be rejected": (input) => irShape(compile(refuseOurWords(input.text("source")))),
  "program package: canonical JSON bytes and SHA-256 program id": packageCase,
  "common-subexpression elimination and dead-node pruning (programs with at most one input)": optimizeCase,
  "optimizer on programs where the reference is wrong (several inputs, outputs with equal expressions, ambiguous signatures): required results":
    optimizeCorrected,
  "plain DAG evaluation (one-shot evaluator), all outputs": executeCase,
  "pause/resume executor: which mul nodes are batched in each step, masked shares, resumed outputs": stepCase,
  "whole programs on Shamir shares with Beaver triples (P2P variant): every opened value and output share": secureCase,
};
