import type {Command} from "commander";
import {validatorIdOf} from "../../codecs/chain/validator-payloads.js";
import {
  EQUIVOCATION_CONTRACT,
  type EquivocationProof,
  equivocation,
  faultOf,
  offenceOf,
} from "../../codecs/consensus/equivocation.js";
import type {VerifySignature} from "../../codecs/suite.js";
import {RuleError} from "../../errors.js";
import {loadMlDsa} from "../../node/compute/ml-dsa.js";
import {defineCommand} from "../define.js";
import type {Io} from "../io.js";
import {settingsEnvironment} from "../settings.js";
import {addWriteFlags, type Order, type OrderContext, submitOrder, type WriteFlags} from "../submit.js";

/** Two statements of one key come to some 6 KB. */
const EVIDENCE_MAX_BYTES = 16_384;

/**
 * The order that accuses a validator.
 * @param verify ML-DSA-44
 * @throws RuleError CHAIN_MISMATCH, EQUIVOCATION_UNPROVEN
 */
export function orderReport(
  proof: EquivocationProof,
  verify: VerifySignature,
  {terms}: Pick<OrderContext, "terms">,
): Order {
  if (proof.chainId !== terms.chainId)
    throw new RuleError("CHAIN_MISMATCH", `evidence of chain ${proof.chainId}, this is ${terms.chainId}`);
  const fault = faultOf(proof, verify);
  if (fault !== null) throw new RuleError("EQUIVOCATION_UNPROVEN", `no equivocation is proven: ${fault}`);
  const validator = validatorIdOf(proof.publicKey);
  const {kind, epoch, view} = proof;
  return {
    contract: EQUIVOCATION_CONTRACT,
    payload: equivocation.encode(proof),
    summary: {validator, offence: offenceOf(proof), kind: `double-${kind}`, epoch, view},
    announcement: [
      `accuse validator ${validator}: two ${kind}s in view ${view} of epoch ${epoch}`,
      "burns 7.5 % of its stake and puts it in jail; the reporter gets nothing",
    ],
    question: `Send the evidence against ${validator}?`,
    submit: (node, body) => node.submit({body}),
    checkWith: "qsdm receipt {tx_id}",
  };
}

export const validatorReportCommand = (io: Io): Command =>
  addWriteFlags(
    defineCommand("validator report", {
      summary: "have a validator punished that signed two blocks of one view",
      description:
        "Sends evidence that a validator contradicted itself: two votes or two proposals of one view, both signed. It is " +
        "checked here before it costs a fee. Validators that see such a thing put it into their blocks by themselves; this is " +
        "for whoever else has it. Prints the transaction id.",
      examples: [
        {does: "look into the evidence", run: "qsdm inspect evidence.bin"},
        {does: "send it", run: "qsdm validator report --evidence-file evidence.bin --wait"},
      ],
      environment: settingsEnvironment("api_url", "timeout", "keystore", "passphrase_file"),
      files: {"--evidence-file": "Evidence of equivocation in canonical CBOR; - reads standard input."},
      exit: {3: "The evidence proves nothing, or the offence was punished.", 5: "--wait ended before a block decided."},
      seeAlso: ["validator status", "inspect", "slash"],
    }).requiredOption("--evidence-file <path>", "the evidence"),
  ).action(async ({evidenceFile, ...flags}: WriteFlags & {evidenceFile: string}) => {
    const bytes = await io.readFile(evidenceFile, {flag: "--evidence-file", maxBytes: EVIDENCE_MAX_BYTES});
    const proof = equivocation.decode(bytes);
    const {verify} = await loadMlDsa(44);
    await submitOrder(io, flags, {build: async (context) => orderReport(proof, verify, context)});
  });
