import type {Command} from "commander";
import {rosterDigest} from "../../../codecs/quorum/strict/roster.js";
import {RuleError, UsageError} from "../../../errors.js";
import {defineCommand} from "../../define.js";
import {countFlag, durationFlag, repeatFlag} from "../../flags.js";
import type {Io} from "../../io.js";
import {
  addCoordinatorFlag,
  addCustodianFlags,
  type CoordinatorFlags,
  type CustodianFlags,
  custodianUrls,
  serviceClient,
} from "../service-client.js";
import {addPartyFlags, isStrict, type PartyFlags, readParty, type StrictFlags} from "../strict/files.js";
import {Away, type AwayFlags} from "./away.js";
import {type Check, type Checked, runChecks} from "./checks.js";

interface Flags extends CoordinatorFlags, CustodianFlags, PartyFlags, AwayFlags {
  readonly threshold: number;
  readonly otherKey?: string;
  readonly approver?: readonly string[];
  readonly wait: number;
}

const DEFAULT_TIMEOUT_MS = 60_000;

export const quorumCheckCommand = (io: Io): Command =>
  addCustodianFlags(
    addPartyFlags(
      addCoordinatorFlag(
        defineCommand("quorum check", {
          summary: "see that running services do what they should",
          description:
            "Makes thirteen checks of services that run, those that the reference makes of its own: approvals short of K, " +
            "forged ones, evaluations before approval, shares that give a secret and fewer that do not, results, budgets, " +
            "rates, and the audit log. Prints a record for each: number, passed, failed or skipped, milliseconds, what it " +
            "checks, why it failed or was skipped.\n\n" +
            "With --roster and --key the strict profile is meant, and the same is checked in its terms: what K of the " +
            "custodians give are masks that only the client opens, a refused budget is every custodian's, and the log is what " +
            "they sign. --key is a client's; --approver gives keys of custodians that approve, and --wait lets their " +
            "operators do it. What nobody approves is skipped.\n\n" +
            "A last one stops a custodian, sees evaluations go on, and starts it again: with --stop-command and " +
            "--start-command, which are run in a shell with the custodian's name (compat: index) in QSDM_CUSTODIAN.\n\n" +
            "Programs that it deploys stay behind, under fresh ids that --json lists; nobody else uses them.",
          examples: [
            {does: "services of the compat profile on this machine", run: "qsdm quorum check"},
            {
              does: "custodians of a roster, two of which approve",
              run:
                "qsdm quorum check --roster quorum.roster --key alice.key --other-key bob.key \\\n" +
                "    --approver custodian-0.key --approver custodian-1.key",
            },
            {
              does: "with approvals by their operators, and a custodian stopped for a while",
              run:
                "qsdm quorum check --roster quorum.roster --key alice.key --wait 10m \\\n" +
                "    --stop-command 'systemctl stop $QSDM_CUSTODIAN' --start-command 'systemctl start $QSDM_CUSTODIAN'",
            },
          ],
          exit: {3: "A check failed.", 4: "The coordinator does not answer."},
          seeAlso: ["quorum audit verify", "quorum pool"],
        }),
      ),
    ),
  )
    .option("--threshold <k>", "compat: shares that give a secret", countFlag(1, 64), 2)
    .option("--other-key <path>", "with --roster, key of another client, whose budget is its own")
    .option("--approver <key>", "with --roster, key of a custodian that approves, once for each", repeatFlag)
    .option("--wait <duration>", "with --roster, how long other custodians' approvals are waited for", durationFlag, 0)
    .option("--stop-command <command>", "stops the custodian that QSDM_CUSTODIAN names")
    .option("--start-command <command>", "starts it again")
    .action(async (flags: Flags) => {
      if ((flags.stopCommand === undefined) !== (flags.startCommand === undefined))
        throw new UsageError("COMMAND_REQUIRED", "a custodian that is stopped is to be started again", {
          hint: "give --stop-command and --start-command",
        });
      const made = isStrict(flags) ? await checkStrictly(io, flags) : await checkCompat(io, flags);
      tell(io, made);
    });

interface Made {
  readonly checks: readonly Checked[];
  /** Ids of programs that stay behind. */
  readonly left: readonly string[];
}

async function checkCompat(io: Io, flags: Flags): Promise<Made> {
  const {CompatChecks} = await import("./compat.js");
  const {coordinator, timeout, threshold} = flags;
  const urls = custodianUrls(flags);
  if (threshold > urls.length)
    throw new UsageError("THRESHOLD_INVALID", `--threshold ${threshold} with ${urls.length} custodians`);
  const services = {
    coordinator: serviceClient(io, coordinator, timeout),
    custodians: urls.map((url) => serviceClient(io, url, timeout)),
    threshold,
  };
  // Before all else: where nobody answers there is nothing to check.
  await services.coordinator.get("/audit");
  const checks = new CompatChecks(io, services, new Away(io, flags));
  return made(io, checks);
}

async function checkStrictly(io: Io, flags: Flags & StrictFlags): Promise<Made> {
  const {StrictChecks} = await import("./strict.js");
  const {Approvers} = await import("./approvers.js");
  const {connectStrict, loadPartySuite} = await import("../../../node/quorum-strict.js");
  const {Party} = await import("../../../node/custody/party.js");
  const timeoutMs = flags.timeout ?? DEFAULT_TIMEOUT_MS;
  const read = (key: string) => readParty(io, {roster: flags.roster, key});
  const given = [flags.key, ...(flags.otherKey === undefined ? [] : [flags.otherKey]), ...(flags.approver ?? [])];
  const parties = await Promise.all(given.map(read));
  const [own] = parties as [Awaited<ReturnType<typeof read>>, ...unknown[]];
  const clients = await Promise.all(
    parties.map((party) => connectStrict({...party, coordinator: flags.at ?? null}, timeoutMs)),
  );
  const end = (): void => {
    for (const client of clients) client.close();
  };
  io.signal.addEventListener("abort", end, {once: true});
  try {
    const others = flags.otherKey === undefined ? 1 : 2;
    const [client, other] = clients;
    const checks = new StrictChecks(io, {
      client: client!,
      other: others === 2 ? other! : null,
      signer: new Party(own.seed, await loadPartySuite()),
      roster: rosterDigest(own.roster.content),
      approvers: new Approvers({io, client: client!, custodians: clients.slice(others), waitMs: flags.wait}),
      away: new Away(io, flags),
    });
    return await made(io, checks);
  } finally {
    io.signal.removeEventListener("abort", end);
    end();
  }
}

async function made(io: Io, of: {readonly checks: readonly Check[]; readonly left: readonly string[]}): Promise<Made> {
  return {checks: await runChecks(io, of.checks), left: of.left};
}

/** @throws RuleError CHECKS_FAILED */
function tell(io: Io, {checks, left}: Made): void {
  const failed = checks.filter(({outcome}) => outcome === "failed");
  const skipped = checks.filter(({outcome}) => outcome === "skipped");
  if (failed.length > 0) {
    for (const {check, does, reason} of failed) io.note(`${check} failed: ${does}: ${reason}`);
    throw new RuleError("CHECKS_FAILED", `${failed.length} of ${checks.length} checks failed`, {
      hint: `look at ${failed.map(({check}) => check).join(", ")}`,
      details: {checks, left},
    });
  }
  if (skipped.length > 0) io.warn(`${skipped.length} checks were skipped`);
  if (left.length > 0) io.note(`${left.length} programs stay behind`);
  io.result(
    {passed: checks.length - skipped.length, skipped: skipped.length, checks, left},
    checks.map(({check, outcome, ms, does, reason}) => [check, outcome, ms, does, reason]),
  );
}
