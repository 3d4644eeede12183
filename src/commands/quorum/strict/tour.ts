/** The tour of `quorum devnet`: a credit score on weights and inputs that nobody else sees, from source to signed log. */
import {packProgram} from "../../../codecs/quorum/program-package.js";
import {RuleError} from "../../../errors.js";
import type {StrictClient} from "../../../node/custody/client.js";
import {auditLog} from "../../../node/custody/log-audit.js";
import {signed} from "../../../node/quorum/field/field.js";
import {compile} from "../../../node/quorum/language/compile.js";
import {evaluate} from "../../../node/quorum/program/evaluate.js";
import {lint} from "../../../node/quorum/program/lint.js";
import type {Io} from "../../io.js";
import {APPLICANTS, POLICY, refusalOf, SCORE_SOURCE, WEIGHTS} from "../score.js";
import type {StrictCluster} from "./cluster.js";

const DAY_MS = 86_400_000;

/** @throws RuleError TOUR_FAILED when a result is not what the weights give */
export async function strictTour(io: Io, cluster: StrictCluster): Promise<void> {
  const step = (event: Readonly<Record<string, unknown>>, text: string): void => io.event(event, text);
  const as = async <T>(name: string, work: (client: StrictClient) => Promise<T>): Promise<T> => {
    const client = await cluster.connect(name);
    try {
      return await work(client);
    } finally {
      client.close();
    }
  };
  const program = packProgram(compile(SCORE_SOURCE), {policy: POLICY});
  const {programId, ir, policy} = program;
  const warnings = lint(ir, policy).filter(({severity}) => severity === "warning").length;
  step(
    {event: "compiled", program_id: programId, warnings},
    `1. compiled: program ${programId.slice(0, 12)}..., ${warnings} warnings`,
  );
  await as("lender", (client) => client.deploy(program, WEIGHTS));
  const count = cluster.custodians.length;
  step(
    {event: "deployed", custodians: count},
    `2. deployed: each of ${count} custodians has one share of each weight, sealed to it`,
  );
  const notAfterMs = BigInt(io.host.now() + DAY_MS);
  let active = false;
  for (let place = 0; !active && place < count; place++)
    ({active} = await as(`custodian-${place}`, (client) => client.approve(program, notAfterMs)));
  const status = active ? "ACTIVE" : "PENDING";
  step({event: "approved", status}, `3. approved: enough custodians signed, the program is ${status}`);
  const score = async (name: string, inputs: Readonly<Record<string, bigint>>): Promise<bigint> => {
    const {outputs} = await as(name, (client) => client.evaluate(program, new Map(Object.entries(inputs))));
    return outputs.get("score")!;
  };
  for (const {name, inputs} of APPLICANTS) {
    const scored = await score(name, inputs);
    const right = evaluate(ir, {inputs: new Map(Object.entries(inputs)), secrets: WEIGHTS}).get("score")!;
    if (scored !== right) throw new RuleError("TOUR_FAILED", `${name} scores ${scored}, the weights give ${right}`);
    const text = `4. ${name} scores ${signed(scored)}: inputs and result went under masks, and products under MACs`;
    step({event: "score", identity: name, score: signed(scored)}, text);
  }
  const {inputs, name} = APPLICANTS[0]!;
  await score(name, inputs);
  const why = await refusalOf(() => score(name, inputs));
  step({event: "refused", identity: name, reason: why}, `5. ${name} asks too often: ${why}`);
  const {end, newest} = await as("custodian-0", async (client) => {
    await client.call("seal", {});
    return auditLog(client, [], () => undefined);
  });
  if (!newest || newest.size !== end.size) throw new RuleError("TOUR_FAILED", "the audit log is not signed for");
  step(
    {event: "audited", entries: end.size, signers: newest.signers},
    `6. the log has ${end.size} entries, and ${newest.signers.length} custodians signed for all of them`,
  );
}
