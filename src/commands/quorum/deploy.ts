import type {Command} from "commander";
import {textOf} from "../../codecs/bytes.js";
import {DEFAULT_POOL_SIZE, POOL_SIZE_MAX} from "../../codecs/quorum/coordinator-bodies.js";
import {members} from "../../codecs/quorum/json.js";
import type {ProgramPackage} from "../../codecs/quorum/program-package.js";
import {DecodeError, QsdmError, UnavailableError, UsageError} from "../../errors.js";
import {type FieldSource, fieldSource} from "../../node/quorum/field/random.js";
import {integerOf} from "../../node/quorum/language/integer.js";
import {share} from "../../node/quorum/sharing/shamir.js";
import {defineCommand} from "../define.js";
import {countFlag} from "../flags.js";
import type {Io} from "../io.js";
import {readProgram} from "./program-file.js";
import {
  addCoordinatorFlag,
  addCustodianFlags,
  type CoordinatorFlags,
  type CustodianFlags,
  custodianUrls,
  integerIn,
  type ServiceClient,
  serviceClient,
} from "./service-client.js";

interface Flags extends CoordinatorFlags, CustodianFlags {
  readonly secretFile?: string;
  readonly threshold: number;
  readonly pool: number;
}

export interface Deployment {
  readonly program: ProgramPackage;
  /** Shared among the custodians by whoever deploys; neither they nor the coordinator see it. */
  readonly secret: bigint;
  readonly threshold: number;
  readonly pool: number;
}

/**
 * Installs a program and shares of its secret at the custodians, then the program at the coordinator.
 * @returns URLs of the custodians that failed
 * @throws UnavailableError CUSTODIANS_MISSING when fewer than the threshold took it
 */
export async function deploy(
  {program, secret, threshold, pool}: Deployment,
  {coordinator, custodians}: {coordinator: ServiceClient; custodians: readonly ServiceClient[]},
  draw: FieldSource,
) {
  const shares = share(secret, {n: custodians.length, k: threshold}, draw);
  const failed: {url: string; why: string}[] = [];
  for (const [at, custodian] of custodians.entries()) {
    const {x, y} = shares[at]!;
    try {
      await custodian.post("/install", members({program_package: program.source, share_x: `${x}`, share_y: `${y}`}));
    } catch (error) {
      if (!(error instanceof QsdmError)) throw error;
      failed.push({url: custodian.url, why: error.message});
    }
  }
  if (custodians.length - failed.length < threshold)
    throw new UnavailableError(
      "CUSTODIANS_MISSING",
      `only ${custodians.length - failed.length} of ${custodians.length} custodians took the program: ${failed[0]!.why}`,
      {hint: "start them and deploy again; nothing was installed at the coordinator"},
    );
  const answer = await coordinator.post(
    "/install",
    members({program_package: program.source, beaver_pool_size: BigInt(pool)}),
  );
  return {failed, pool: integerIn(answer, "beaver_pool")};
}

export const quorumDeployCommand = (io: Io): Command =>
  addCustodianFlags(
    addCoordinatorFlag(
      defineCommand("quorum deploy", {
        summary: "bring a program and its secret to the custodians",
        description:
          "Shares the secret on this machine, installs the program with one share at each custodian, and then at the " +
          "coordinator, which deals triples for its products. The program is pending until enough custodians approve it: " +
          "qsdm quorum approve. Prints the program's id.\n\n" +
          "Services of the compat profile keep the secret's shares but evaluate no program on them; constants stand in " +
          "clear in the package.",
        examples: [
          {does: "to services on this machine", run: "qsdm quorum deploy square.json"},
          {does: "with a secret of its own", run: "qsdm quorum deploy square.json --secret-file secret.txt"},
        ],
        files: {"--secret-file": "The secret: one integer."},
        exit: {4: "Too few custodians took the program."},
        seeAlso: ["quorum compile", "quorum approve", "quorum eval"],
      }),
    ),
  )
    .argument("<file>", "package or source; - reads standard input")
    .option("--secret-file <path>", "the secret to share, an integer; - reads standard input (default: 0)")
    .option("--threshold <k>", "shares that give the secret", countFlag(1, 64), 2)
    .option("--pool <n>", "evaluations to deal triples for", countFlag(0, POOL_SIZE_MAX), DEFAULT_POOL_SIZE)
    .action(async (path: string, flags: Flags) => {
      const {program} = await readProgram(io, path);
      const secret = flags.secretFile === undefined ? 0n : await readSecret(io, flags.secretFile);
      const urls = custodianUrls(flags);
      if (flags.threshold > urls.length)
        throw new UsageError("THRESHOLD_INVALID", `--threshold ${flags.threshold} with ${urls.length} custodians`);
      const clients = {
        coordinator: serviceClient(io, flags.coordinator, flags.timeout),
        custodians: urls.map((url) => serviceClient(io, url, flags.timeout)),
      };
      const draw = fieldSource((size) => io.host.randomBytes(size));
      const {threshold, pool: size} = flags;
      const {failed, pool} = await deploy({program, secret, threshold, pool: size}, clients, draw);
      for (const {url, why} of failed) io.warn(`${url} has no share: ${why}`);
      const {programId} = program;
      io.note(`pending; approve it with: qsdm quorum approve ${programId}`);
      io.result({program_id: programId, status: "PENDING", custodians: urls.length - failed.length, pool}, programId);
    });

const SECRET_MAX_BYTES = 8 * 1024;

async function readSecret(io: Io, path: string): Promise<bigint> {
  const value = integerOf(textOf(await io.readFile(path, {flag: "--secret-file", maxBytes: SECRET_MAX_BYTES})).trim());
  // The text is secret: no message quotes it.
  if (value === null) throw new DecodeError("SECRET_INVALID", "--secret-file holds no integer");
  return value;
}
