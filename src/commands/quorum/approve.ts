import type {Command} from "commander";
import {members} from "../../codecs/quorum/json.js";
import {policySays} from "../../codecs/quorum/policy.js";
import type {ProgramPackage} from "../../codecs/quorum/program-package.js";
import {RuleError, UsageError} from "../../errors.js";
import {costUnder} from "../../node/quorum/policy/watch.js";
import {analyze} from "../../node/quorum/program/analyze.js";
import {lint} from "../../node/quorum/program/lint.js";
import {defineCommand} from "../define.js";
import {countFlag} from "../flags.js";
import type {Io} from "../io.js";
import type {TextField} from "../output.js";
import {lintRefusal, readProgram} from "./program-file.js";
import {
  addCoordinatorFlag,
  addCustodianFlags,
  type CoordinatorFlags,
  type CustodianFlags,
  custodianUrls,
  integerIn,
  programIdArgument,
  serviceClient,
  textIn,
} from "./service-client.js";
import {addPartyFlags, atCoordinator, isStrict, type PartyFlags, type StrictFlags} from "./strict/files.js";

interface Flags extends CoordinatorFlags, CustodianFlags, PartyFlags {
  readonly days: number;
  readonly package?: string;
  readonly denyWarnings: boolean;
}

/**
 * Shows what is about to be approved, and asks where there is something to think about.
 * @throws RuleError PROGRAM_ID_MISMATCH, LINT_WARNINGS; UsageError CONFIRMATION_DECLINED
 */
async function review(io: Io, programId: string, path: string, denyWarnings: boolean): Promise<void> {
  const {program} = await readProgram(io, path);
  if (program.programId !== programId)
    throw new RuleError("PROGRAM_ID_MISMATCH", `${path} is program ${program.programId}, not ${programId}`, {
      hint: "do not approve what you have not seen",
    });
  await judge(io, program, {path, denyWarnings});
}

/** The same of a package that is there. */
async function judge(
  io: Io,
  program: ProgramPackage,
  {path, denyWarnings}: {readonly path: string; readonly denyWarnings: boolean},
): Promise<void> {
  const {ir, policy, secretNames} = program;
  const analysis = analyze(ir, {policy});
  const {inputs, depth} = analysis;
  const {products, comparisons, triples} = costUnder(program);
  io.note(`inputs ${inputs.join(", ") || "none"}; outputs ${ir.outputs.join(", ")}; secrets ${shortList(secretNames)}`);
  io.note(`${products} products, ${comparisons} comparisons and shifts, depth ${depth}: ${triples} triples`);
  for (const sentence of policySays(policy)) io.note(sentence);
  const warnings = lint(ir, policy, {analysis}).filter(({severity}) => severity === "warning");
  if (denyWarnings && warnings.length > 0) throw lintRefusal(path, warnings);
  for (const {code, wire, message} of warnings) io.warn(`${code}${wire === null ? "" : ` at '${wire}'`}: ${message}`);
  if (warnings.length > 0 && io.asks) await io.confirm("Approve it all the same?");
}

/** Names that are shown of many. */
const NAMES_SHOWN = 12;

const shortList = (names: readonly string[]): string =>
  names.length <= NAMES_SHOWN
    ? names.join(", ")
    : `${names.slice(0, NAMES_SHOWN).join(", ")} and ${names.length - NAMES_SHOWN} more`;

const DAY_MS = 86_400_000;

/** A custodian's signature, over what was shown. The package comes from the coordinator, and its id is recomputed. */
async function approveStrictly(io: Io, programId: string, flags: Flags & StrictFlags): Promise<void> {
  await atCoordinator(io, flags, async (client) => {
    const {denyWarnings} = flags;
    if (flags.package !== undefined) await review(io, programId, flags.package, denyWarnings);
    const program = await client.program(programId);
    if (flags.package === undefined) await judge(io, program, {path: programId, denyWarnings});
    const notAfterMs = BigInt(io.host.now() + flags.days * DAY_MS);
    const {approvals, organisationsMissing, active} = await client.approve(program, notAfterMs);
    const status = active ? "ACTIVE" : "PENDING";
    if (organisationsMissing > 0) io.note(`organisations that are still to approve it: ${organisationsMissing}`);
    const missing = {organisations_missing: organisationsMissing, not_after_ms: notAfterMs};
    io.result({program_id: programId, status, approvals, ...missing}, status);
  });
}

export const quorumApproveCommand = (io: Io): Command =>
  addCustodianFlags(
    addPartyFlags(
      addCoordinatorFlag(
        defineCommand("quorum approve", {
          summary: "have custodians approve a program",
          description:
            "Asks each custodian for its approval of a program that it has installed and hands it to the coordinator. With " +
            "enough approvals of different custodians the program is active. Prints a record for each: index, status, " +
            "approvals so far, approvals needed.\n\n" +
            "An approval covers what the id covers: program, policy, names of secrets. With --package the file is held " +
            "against the id and judged as qsdm quorum lint does before anyone is asked.",
          examples: [
            {does: "by all custodians on this machine", run: "qsdm quorum approve PROGRAM_ID"},
            {
              does: "only if nothing speaks against it",
              run: "qsdm quorum approve PROGRAM_ID --package score.json --deny-warnings",
            },
            {does: "by one of them", run: "qsdm quorum approve PROGRAM_ID --custodian http://127.0.0.1:9101"},
          ],
          exit: {3: "A custodian or the coordinator refuses.", 4: "A service does not answer."},
          seeAlso: ["quorum deploy", "quorum status", "quorum lint"],
        }),
      ),
    ),
  )
    .argument("<program-id>", "64 hex digits", programIdArgument)
    .option("--package <path>", "show and judge this package first; - reads standard input")
    .option("--deny-warnings", "with --package, refuse a program with warnings", false)
    .option("--days <n>", "with --roster, how long the approval holds", countFlag(1, 3_650), 365)
    .action(async (programId: string, flags: Flags) => {
      if (isStrict(flags)) return approveStrictly(io, programId, flags);
      if (flags.package !== undefined) await review(io, programId, flags.package, flags.denyWarnings);
      else if (flags.denyWarnings)
        throw new UsageError("PACKAGE_REQUIRED", "--deny-warnings judges a package", {hint: "add --package FILE"});
      const coordinator = serviceClient(io, flags.coordinator, flags.timeout);
      const approvals: {index: bigint; status: string; approvals: bigint; needed: bigint}[] = [];
      for (const url of custodianUrls(flags)) {
        const tag = await serviceClient(io, url, flags.timeout).post("/approve", members({program_id: programId}));
        const index = integerIn(tag, "custodian_index");
        const signature = textIn(tag, "signature");
        const answer = await coordinator.post(
          "/approve",
          members({program_id: programId, custodian_index: index, signature}),
        );
        approvals.push({
          index,
          status: textIn(answer, "status"),
          approvals: integerIn(answer, "approvals"),
          needed: integerIn(answer, "needed"),
        });
      }
      const status = approvals.at(-1)?.status ?? null;
      io.result(
        {program_id: programId, status, approvals},
        approvals.map((each): TextField[] => Object.values(each)),
      );
    });
