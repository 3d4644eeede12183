/** What every maker of attestations takes and gives: a solution and a challenge, and the attested proof. */
import type {Command} from "commander";
import {hexOf, textOf} from "../../codecs/bytes.js";
import {type Challenge, challengeCodec} from "../../codecs/mining/challenge.js";
import {decodeProof, encodeProof, type Proof, proofIdOf} from "../../codecs/mining/proof.js";
import {DecodeError, QsdmError} from "../../errors.js";
import type {Io} from "../io.js";
import {readProofFile} from "../slash-helper/proof-file.js";

export interface SolutionFlags {
  readonly proof: string;
  readonly challenge: string;
}

export interface AttestFlags extends SolutionFlags {
  readonly out: string;
  readonly force: boolean;
  readonly bundle: boolean;
}

export const addSolutionFlags = (command: Command): Command =>
  command
    .requiredOption(
      "--proof <path>",
      "a solved proof as JSON; what it attests already is replaced; - reads standard input",
    )
    .requiredOption(
      "--challenge <path>",
      "the challenge to answer, as qsdm challenge prints it; - reads standard input",
    );

export const addAttestFlags = (command: Command): Command =>
  addSolutionFlags(command)
    .option("--bundle", "give the bundle's base64 alone", false)
    .option("--out <path>", "file for the attested proof; - is standard output", "-")
    .option("--force", "replace an existing file", false);

/** Solution and challenge out of their files. @throws DecodeError PROOF_INVALID, CHALLENGE_INVALID */
export async function readSolution(
  io: Io,
  {proof, challenge}: SolutionFlags,
): Promise<{readonly proof: Proof; readonly challenge: Challenge}> {
  const solution = await readProofFile(io, proof, "--proof");
  const file = await io.readFile(challenge, {flag: "--challenge", maxBytes: 65_536});
  try {
    return {proof: solution, challenge: challengeCodec.readCompat(file)};
  } catch (cause) {
    if (!(cause instanceof QsdmError)) throw cause;
    throw new DecodeError(cause.code, `--challenge: ${cause.message}`, {
      hint: "qsdm challenge prints one as it must be",
      cause,
    });
  }
}

/** Gives an attested proof, or its bundle alone. @throws UsageError FILE_EXISTS; DecodeError where no node would read it */
export async function writeAttested(
  io: Io,
  {out, force, bundle}: Pick<AttestFlags, "out" | "force" | "bundle">,
  proof: Proof,
): Promise<void> {
  const raw = encodeProof(proof);
  // An address with a quote in it encodes to bytes that nobody reads back.
  const {attestation} = decodeProof(raw);
  const text = bundle ? attestation.bundle : textOf(raw);
  const data = {
    proof_id: hexOf(proofIdOf(proof)),
    type: attestation.type,
    bundle: attestation.bundle,
    proof: textOf(raw),
  };
  if (out === "-") return io.result(data, text);
  await io.writeFile(out, Buffer.from(`${text}\n`), {force});
  io.result({...data, path: out}, out);
}
