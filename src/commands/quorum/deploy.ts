import type {Command} from "commander";
import {DEFAULT_POOL_SIZE, POOL_SIZE_MAX} from "../../codecs/quorum/coordinator-bodies.js";
import {secretNames} from "../../codecs/quorum/ir.js";
import {members} from "../../codecs/quorum/json.js";
import {DEFAULT_SECRET_NAME, type ProgramPackage} from "../../codecs/quorum/program-package.js";
import {QsdmError, RuleError, UnavailableError, UsageError} from "../../errors.js";
import {type FieldSource, fieldSource} from "../../node/quorum/field/random.js";
import {checkPolicyCompat} from "../../node/quorum/policy/supported.js";
import {checkArithmetic} from "../../node/quorum/program/arithmetic.js";
import {share} from "../../node/quorum/sharing/shamir.js";
import {defineCommand} from "../define.js";
import {countFlag} from "../flags.js";
import type {Io} from "../io.js";
import {readProgram} from "./program-file.js";
import {readSecrets, SECRETS_FLAG} from "./secrets-file.js";
import {
  addCoordinatorFlag,
  addCustodianFlags,
  type CoordinatorFlags,
  type CustodianFlags,
  custodianUrls,
  integerIn,
  type ServiceClient,
  serviceClient,
  textIn,
} from "./service-client.js";
import {addPartyFlags, atCoordinator, isStrict, type PartyFlags} from "./strict/files.js";

interface Flags extends CoordinatorFlags, CustodianFlags, PartyFlags {
  readonly secretsFile?: string;
  readonly threshold: number;
  readonly pool: number;
}

export interface Deployment {
  readonly program: ProgramPackage;
  /** By name. Shared among the custodians by whoever deploys; neither they nor the coordinator see them. */
  readonly secrets: ReadonlyMap<string, bigint>;
  readonly threshold: number;
  readonly pool: number;
}

/** What the coordinator says of a program, or `null` where it has none of that id. */
async function statusOf(coordinator: Pick<ServiceClient, "get">, programId: string): Promise<string | null> {
  try {
    return textIn(await coordinator.get(`/status/${programId}`), "status");
  } catch (error) {
    if (error instanceof RuleError && error.details.status === 404) return null;
    throw error;
  }
}

/**
 * Installs a program and shares of its secret at the custodians, then the program at the coordinator, which is told
 * who took a share: what another has of a deployment before would fit no other share.
 * @returns URLs of the custodians that failed
 * @throws RuleError OPERATION_UNSUPPORTED, POLICY_UNSUPPORTED; PROGRAM_ACTIVE: a custodian that kept its share of before would fit no other;
 * UnavailableError CUSTODIANS_MISSING when fewer than the threshold took it
 */
export async function deploy(
  {program, secrets, threshold, pool}: Deployment,
  {coordinator, custodians}: {readonly coordinator: ServiceClient; readonly custodians: readonly ServiceClient[]},
  draw: FieldSource,
) {
  checkArithmetic(program.ir);
  checkPolicyCompat(program);
  const hasSecrets = secretNames(program.ir).length > 0;
  const status = hasSecrets ? await statusOf(coordinator, program.programId) : null;
  if (status === "ACTIVE")
    throw new RuleError("PROGRAM_ACTIVE", `program ${program.programId} is active, and its secrets are shared`, {
      hint: "to share other values compile it with another policy, which gives it another id; qsdm quorum reshare renews shares",
    });
  // From the first custodian that takes a new share to the last, nobody's counts, also where this ends in between.
  if (status === "PENDING")
    await coordinator.post(
      "/install",
      members({program_package: program.source, generate_beaver: false, share_holders: []}),
    );
  const names = program.secretNames.length > 0 ? program.secretNames : [DEFAULT_SECRET_NAME];
  // A program without secrets still has a share in the API; nothing uses it.
  const [first = [], ...others] = names.map((name) =>
    share(secrets.get(name) ?? 0n, {n: custodians.length, k: threshold}, draw),
  );
  const took: bigint[] = [];
  const failed: {url: string; why: string}[] = [];
  for (const [at, custodian] of custodians.entries()) {
    const {x, y} = first[at]!;
    const more = others.map((shares, place) => [names[place + 1]!, [x, `${shares[at]!.y}`]] as const);
    try {
      await custodian.post(
        "/install",
        members({
          program_package: program.source,
          share_x: `${x}`,
          share_y: `${y}`,
          ...(more.length > 0 ? {secret_shares: new Map(more)} : {}),
        }),
      );
      took.push(BigInt(at));
    } catch (error) {
      if (!(error instanceof QsdmError)) throw error;
      failed.push({url: custodian.url, why: error.message});
    }
  }
  if (took.length < threshold)
    throw new UnavailableError(
      "CUSTODIANS_MISSING",
      `only ${took.length} of ${custodians.length} custodians took the program: ${failed[0]!.why}`,
      {
        hint:
          status === "PENDING"
            ? "start them and deploy again; until then the program is not evaluated"
            : "start them and deploy again; nothing was installed at the coordinator",
      },
    );
  const answer = await coordinator.post(
    "/install",
    members({
      program_package: program.source,
      beaver_pool_size: BigInt(pool),
      ...(hasSecrets ? {share_holders: took} : {}),
    }),
  );
  return {failed, pool: integerIn(answer, "beaver_pool")};
}

export const quorumDeployCommand = (io: Io): Command =>
  addCustodianFlags(
    addPartyFlags(
      addCoordinatorFlag(
        defineCommand("quorum deploy", {
          summary: "bring a program and its secrets to the custodians",
          description:
            "Shares the program's secrets on this machine, installs it with its shares at each custodian, and then at the " +
            "coordinator, which deals triples for its products. The program is pending until enough custodians approve it: " +
            "qsdm quorum approve. Prints the program's id.\n\n" +
            "With --roster and --key the strict profile is meant: each custodian's shares are sealed to it, the coordinator of " +
            "the roster carries them, and custodians make their own triples.\n\n" +
            "A secret is what the program declares with a secret statement. Constants stand in clear in the package.",
          examples: [
            {does: "to services on this machine", run: "qsdm quorum deploy square.json"},
            {does: "with its secrets", run: "qsdm quorum deploy score.json --secrets-file weights.txt"},
            {
              does: "to custodians of a roster",
              run: "qsdm quorum deploy score.json --secrets-file weights.txt --roster quorum.roster --key alice.key",
            },
          ],
          files: {
            "--secrets-file":
              "A line of name=value for each secret; empty lines and lines that start with # do not count.",
          },
          exit: {3: "The program is active, and has secrets.", 4: "Too few custodians took the program."},
          seeAlso: ["quorum compile", "quorum approve", "quorum eval"],
        }),
      ),
    ),
  )
    .argument("<file>", "package or source; - reads standard input")
    .option("--secrets-file <path>", SECRETS_FLAG)
    .option("--threshold <k>", "shares that give a secret", countFlag(1, 64), 2)
    .option("--pool <n>", "evaluations to deal triples for", countFlag(0, POOL_SIZE_MAX), DEFAULT_POOL_SIZE)
    .action(async (path: string, flags: Flags) => {
      const {program} = await readProgram(io, path);
      const secrets = await readSecrets(io, flags.secretsFile, secretNames(program.ir));
      if (isStrict(flags)) {
        await atCoordinator(io, flags, (client) => client.deploy(program, secrets));
        io.note(`pending; custodians approve it with: qsdm quorum approve ${program.programId} --roster ... --key ...`);
        return io.result({program_id: program.programId, status: "PENDING"}, program.programId);
      }
      const urls = custodianUrls(flags);
      if (flags.threshold > urls.length)
        throw new UsageError("THRESHOLD_INVALID", `--threshold ${flags.threshold} with ${urls.length} custodians`);
      const clients = {
        coordinator: serviceClient(io, flags.coordinator, flags.timeout),
        custodians: urls.map((url) => serviceClient(io, url, flags.timeout)),
      };
      const draw = fieldSource((size) => io.host.randomBytes(size));
      const {threshold, pool: size} = flags;
      const {failed, pool} = await deploy({program, secrets, threshold, pool: size}, clients, draw);
      for (const {url, why} of failed) io.warn(`${url} has no share: ${why}`);
      if (failed.length > 0 && secretNames(program.ir).length > 0)
        io.note("they sit out until, once the program is active, qsdm quorum reshare brings them their shares");
      const {programId} = program;
      io.note(`pending; approve it with: qsdm quorum approve ${programId}`);
      io.result({program_id: programId, status: "PENDING", custodians: urls.length - failed.length, pool}, programId);
    });
