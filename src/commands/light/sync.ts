import type {Command} from "commander";
import {checkAge, newestOf} from "../../node/consensus/light/light.js";
import {syncLight} from "../../node/light/sync.js";
import {defineCommand} from "../define.js";
import {documentOf} from "../document.js";
import type {Io} from "../io.js";
import {addLightFlags, type LightFlags, lightDocs, openLightFile, withSources} from "./light-file.js";

export const lightSyncCommand = (io: Io): Command =>
  addLightFlags(
    defineCommand("light sync", {
      summary: "verify the newest block of a chain without following it",
      description:
        "Asks nodes for their newest final block and its finality proof, and checks the proof: headers, certificates and " +
        "validators, no block and no transaction. What it trusts is the genesis file or the checkpoint that it began " +
        "from, and what it verified since; of the nodes it trusts none.\n\n" +
        "With several --source the newest proven block counts. A node whose answers do not hold is named and left. Where " +
        "two nodes prove different blocks of one height, more than a third of the voting power contradicts itself, and " +
        "the command ends with CHAIN_FORKED. Where the validators change, it goes from one set to the next by their own " +
        "proofs.\n\n" +
        "Goes on from where the last run came to, or from the last change of validators where it was stopped. A checkpoint " +
        "is good for as long as a validator that left can still be punished, validatorUnbondSeconds of the genesis less one " +
        "epoch; after that somebody has to vouch for a newer one.\n\n" +
        "Prints one line: height, block id, time, and the state root after the block.",
      examples: [
        {
          does: "begin from a genesis file, with two nodes",
          run: "qsdm light sync --genesis genesis.json --source http://a:8080 --source http://b:8080",
        },
        {does: "go on from there", run: "qsdm light sync --source http://a:8080 --source http://b:8080"},
        {does: "begin from what a friend has verified", run: "qsdm light sync --checkpoint friend.json"},
      ],
      ...lightDocs,
      exit: {
        3: "The checkpoint is too old, a source lied and none proved anything, or the chain has forked.",
        4: "No source answers.",
      },
      seeAlso: ["light balance", "finality verify", "status"],
    }),
  ).action(async (flags: LightFlags) => {
    const file = await openLightFile(io, flags);
    if (!flags.acceptOld) checkAge(file.chain, BigInt(io.host.now()));
    const from = newestOf(file.chain).height;
    const {chain, sources} = await withSources(io, flags, file, async (ports) => {
      const progress = io.progress(`verifying from block ${from} of ${file.chain.chainId}`);
      try {
        return await syncLight(file.chain, {
          ...ports,
          told: (verdict) => progress.above(() => ports.told(verdict)),
          async entered(chain) {
            await ports.entered(chain);
            const {epoch, height} = newestOf(chain);
            progress.above(() => io.detail(`epoch ${epoch} goes on from block ${height}`));
          },
        });
      } finally {
        progress.done();
      }
    });
    await file.save(chain);
    const {height, blockId, timeMs, epoch, stateRoot} = newestOf(chain);
    const time = new Date(Number(timeMs)).toISOString();
    io.result(documentOf({chainId: chain.chainId, height, blockId, time, epoch, stateRoot, from, sources}), [
      [height, blockId, time, stateRoot],
    ]);
  });
