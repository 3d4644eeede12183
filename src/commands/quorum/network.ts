import {resolve} from "node:path";
import type {Command} from "commander";
import {textOf, utf8} from "../../codecs/bytes.js";
import {NETWORK_MAX_BYTES, readNetwork} from "../../codecs/quorum/network.js";
import {UsageError} from "../../errors.js";
import {compile} from "../../node/quorum/language/compile.js";
import {
  DEFAULT_FRACTION_BITS,
  FRACTION_BITS_MAX,
  FRACTION_BITS_MIN,
  INPUT_LIMIT,
  networkProgram,
} from "../../node/quorum/language/network.js";
import {inputNames} from "../../node/quorum/program/evaluate.js";
import {defineCommand} from "../define.js";
import {countFlag} from "../flags.js";
import type {Io} from "../io.js";
import {inFile} from "./program-file.js";

interface Flags {
  readonly out: string;
  readonly secretsOut: string;
  readonly fractionBits: number;
  readonly force: boolean;
}

export const quorumNetworkCommand = (io: Io): Command =>
  defineCommand("quorum network", {
    summary: "make a program out of a neural network's weights",
    description:
      "Reads a trained network as JSON and writes a program whose secrets are its weights, and the file with their values that " +
      "run and deploy take with --secrets-file. Custodians then evaluate the network without knowing its weights or what it is " +
      "asked. Works offline.\n\n" +
      'The form: {"inputs": ["a", "b"], "layers": [{"weights": [[0.5, -1.25], ...], "bias": [0.1, ...], "activation": "relu"}, ' +
      '...], "output": "argmax"}. A layer has a row of weights for each of its outputs, as PyTorch\'s Linear does; activation is ' +
      "none (unless given), relu, square, sigmoid or tanh; a square costs one product, and the others comparisons. Output is values (unless given), numbers with 16 fractional bits called y0, " +
      "y1, ..., or argmax, the place of the greatest from 0, called class. Inputs are whole numbers, or have input_bits " +
      `fractional bits; their magnitude is to stay below ${INPUT_LIMIT}.\n\n` +
      "Results are those of the network in doubles to within one unit of 2^-16. Excepted are sigmoid and tanh, which are " +
      "straight lines here, and squares, which multiply errors (docs/quorum-language.md).",
    examples: [
      {
        does: "the example of the tutorial",
        run: "qsdm quorum network docs/examples/iris/model.json --out iris.qvm --secrets-out iris.secrets",
      },
    ],
    files: {
      "--out": "The program, as source text.",
      "--secrets-out": "The weights, mode 0600: a line of name=value each.",
    },
    exit: {3: "The file is no network, or its numbers could grow out of range."},
    seeAlso: ["quorum run", "quorum compile", "quorum deploy"],
  })
    .argument("<file>", "the network as JSON; - reads standard input")
    .requiredOption("--out <path>", "file for the program")
    .requiredOption("--secrets-out <path>", "file for the weights")
    .option(
      "--fraction-bits <n>",
      "fractional bits of the weights",
      countFlag(FRACTION_BITS_MIN, FRACTION_BITS_MAX),
      DEFAULT_FRACTION_BITS,
    )
    .option("--force", "replace existing files", false)
    .action(async (path: string, {out, secretsOut, fractionBits, force}: Flags) => {
      // One would replace the other, readable by everyone.
      if (resolve(out) === resolve(secretsOut))
        throw new UsageError("FLAG_CONFLICT", "--out and --secrets-out name the same file");
      const file = await io.readFile(path, {flag: "<file>", maxBytes: NETWORK_MAX_BYTES});
      const {source, secrets, ir} = inFile(path, () => {
        const program = networkProgram(readNetwork(textOf(file)), fractionBits);
        return {...program, ir: compile(program.source)};
      });
      if (!force && (await io.host.disk.exists(out)))
        throw new UsageError("FILE_EXISTS", `${out} already exists`, {
          hint: "choose another path, or pass --force to replace it",
        });
      const lines = [...secrets].map(([name, value]) => `${name}=${value}\n`);
      await io.writeFile(secretsOut, utf8(lines.join("")), {force, secret: true});
      await io.writeFile(out, utf8(source), {force});
      io.result(
        {path: out, secrets: secretsOut, weights: secrets.size, inputs: inputNames(ir), outputs: ir.outputs},
        out,
      );
    });
