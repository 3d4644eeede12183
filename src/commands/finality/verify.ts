import type {Command} from "commander";
import {textOf} from "../../codecs/bytes.js";
import {decodeFinality, FINALITY_BUNDLE_MAX_BYTES} from "../../codecs/chain/finality.js";
import {parseGenesis} from "../../codecs/chain/genesis-file.js";
import {checkNewest, enterEpoch, extended} from "../../node/consensus/light/light.js";
import {lightChainOf} from "../../node/light/genesis.js";
import {defineCommand} from "../define.js";
import {documentOf} from "../document.js";
import type {Io} from "../io.js";

export const finalityVerifyCommand = (io: Io): Command =>
  defineCommand("finality verify", {
    summary: "check the proof that a block is final",
    description:
      "Checks a finality proof against the genesis of its chain, offline: that the validators are those of the genesis " +
      "state, that more than two thirds of their power voted for three blocks in views without a gap, and that the block " +
      "is the first of them or an ancestor. Where others vote by then, the proof has a step for each change: that the old " +
      "validators made a block final, and that the state after it names the new ones. Whoever has the genesis file needs to " +
      "trust nobody else, with one exception: validators that have left and have their stake back can sign another history " +
      "for nothing, whose proofs hold here. qsdm light sync, which does not go on from what is too old, is safe from that.\n\n" +
      "Prints one line: height, block id, time, view and the state root before the block, which is final with it. --json " +
      "has the whole header and the validators.",
    examples: [
      {does: "a proof in a file", run: "qsdm finality verify final.bin --genesis genesis.json"},
      {
        does: "which state is final",
        run: "qsdm finality fetch 1200 | qsdm finality verify - --genesis genesis.json | cut -f 5",
      },
    ],
    files: {"genesis.json": "What the chain was started from; each node has it in its data directory."},
    exit: {3: "The proof does not hold, or is none."},
    seeAlso: ["finality fetch", "light sync", "block"],
  })
    .argument("<file>", "the proof; - reads standard input")
    .requiredOption("--genesis <path>", "genesis file of the chain")
    .action(async (file: string, flags: {readonly genesis: string}) => {
      const genesis = parseGenesis(textOf(await io.readFile(flags.genesis, {flag: "--genesis"})));
      const bytes = await io.readFile(file, {flag: "the proof", maxBytes: FINALITY_BUNDLE_MAX_BYTES});
      const {steps, finality} = decodeFinality(bytes);
      const {loadMlDsa} = await import("../../node/compute/ml-dsa.js");
      const {verify} = await loadMlDsa(44);
      let chain = lightChainOf(genesis);
      for (const step of steps) chain = extended(chain, enterEpoch(chain, step, verify));
      const {id, header, validators} = checkNewest(chain, finality, verify);
      const {timeMs, ...rest} = header;
      const time = new Date(Number(timeMs)).toISOString();
      io.result(documentOf({id, ...rest, time, validators: validators.map(({account, power}) => ({account, power}))}), [
        [header.height, id, time, header.view, header.parentStateRoot],
      ]);
    });
