/** The tour of `quorum devnet --profile compat`: a credit score on weights that nobody sees, from source to log. */
import {members} from "../../codecs/quorum/json.js";
import {packProgram} from "../../codecs/quorum/program-package.js";
import {RuleError} from "../../errors.js";
import {verifyChain} from "../../node/quorum/audit/chain.js";
import {signed} from "../../node/quorum/field/field.js";
import {fieldSource} from "../../node/quorum/field/random.js";
import {compile} from "../../node/quorum/language/compile.js";
import {evaluate} from "../../node/quorum/program/evaluate.js";
import {lint} from "../../node/quorum/program/lint.js";
import type {Io} from "../io.js";
import {fetchEntries} from "./audit-entries.js";
import type {Cluster} from "./cluster.js";
import {deploy} from "./deploy.js";
import {APPLICANTS, POLICY, refusalOf, SCORE_SOURCE, WEIGHTS} from "./score.js";
import {integerIn, type ServiceClient, serviceClient, textIn} from "./service-client.js";

/** @throws RuleError TOUR_FAILED when a result is not what the weights give */
export async function tour(io: Io, {coordinator, custodians}: Cluster): Promise<void> {
  const step = (event: Readonly<Record<string, unknown>>, text: string): void => io.event(event, text);
  const program = packProgram(compile(SCORE_SOURCE), {policy: POLICY});
  const {programId, ir, policy} = program;
  const warnings = lint(ir, policy).filter(({severity}) => severity === "warning").length;
  step(
    {event: "compiled", program_id: programId, warnings},
    `1. compiled: program ${programId.slice(0, 12)}..., ${warnings} warnings`,
  );
  const client = serviceClient(io, coordinator);
  const holders = custodians.map((url) => serviceClient(io, url));
  const draw = fieldSource((size) => io.host.randomBytes(size));
  const deployment = {program, secrets: WEIGHTS, threshold: 2, pool: 5};
  await deploy(deployment, {coordinator: client, custodians: holders}, draw);
  step(
    {event: "deployed", custodians: custodians.length},
    `2. deployed: each of ${custodians.length} custodians has one share of each weight`,
  );
  const status = await approveAll(programId, client, holders);
  step({event: "approved", status}, `3. approved: the program is ${status}`);
  for (const {name, inputs} of APPLICANTS) {
    const score = await evaluateFor(name, inputs, {programId, client});
    const right = evaluate(ir, {inputs: new Map(Object.entries(inputs)), secrets: WEIGHTS}).get("score")!;
    if (score !== right) throw new RuleError("TOUR_FAILED", `${name} scores ${score}, the weights give ${right}`);
    step({event: "score", identity: name, score: signed(score)}, `4. ${name} scores ${signed(score)}`);
  }
  const {inputs, name} = APPLICANTS[0]!;
  await evaluateFor(name, inputs, {programId, client});
  const why = await refusalOf(() => evaluateFor(name, inputs, {programId, client}));
  step({event: "refused", identity: name, reason: why}, `5. ${name} asks too often: ${why}`);
  const entries = await fetchEntries(client);
  if (!verifyChain(entries)) throw new RuleError("TOUR_FAILED", "the audit log is broken");
  step({event: "audited", entries: entries.length}, `6. the log has ${entries.length} entries and is unbroken`);
}

async function approveAll(
  programId: string,
  client: ServiceClient,
  holders: readonly ServiceClient[],
): Promise<string> {
  let status = "PENDING";
  for (const holder of holders) {
    const tag = await holder.post("/approve", members({program_id: programId}));
    const signature = textIn(tag, "signature");
    const body = members({program_id: programId, custodian_index: integerIn(tag, "custodian_index"), signature});
    status = textIn(await client.post("/approve", body), "status");
  }
  return status;
}

async function evaluateFor(
  identity: string,
  inputs: Readonly<Record<string, bigint>>,
  {programId, client}: {programId: string; client: ServiceClient},
): Promise<bigint> {
  const body = members({identity_id: identity, program_id: programId, inputs: members(inputs)});
  return integerIn(await client.post("/eval", body), "result");
}
