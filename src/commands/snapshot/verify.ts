import type {Command} from "commander";
import {textOf} from "../../codecs/bytes.js";
import {parseGenesis} from "../../codecs/chain/genesis-file.js";
import {defineCommand} from "../define.js";
import type {Io} from "../io.js";
import {loadSettings, settingsEnvironment} from "../settings.js";
import {addStoreFlags, type StoreFlags} from "../store/open.js";
import {reportOf} from "./report.js";
import {addTrustFlags, TRUST_TEXT, type TrustFlags, verifyPortsOf} from "./trust.js";

interface VerifyFlags extends StoreFlags, TrustFlags {
  readonly genesis?: string;
}

export const snapshotVerifyCommand = (io: Io): Command =>
  addTrustFlags(
    addStoreFlags(
      defineCommand("snapshot verify", {
        summary: "check a snapshot against the genesis, part by part",
        description:
          "Reads a whole snapshot and changes nothing: from the genesis through every change of the validators to the votes " +
          "for its block, the headers down to the genesis, and every key of the state under the root that those votes " +
          `certify. ${TRUST_TEXT}\n\n` +
          "Prints one line: height, root of the snapshot, bytes, directory.",
        examples: [
          {does: "one of a node's own", run: "qsdm snapshot verify ~/.qsdm/node/snapshots/50000"},
          {does: "one that came from elsewhere", run: "qsdm snapshot verify ./50000 --genesis genesis.json"},
        ],
        environment: settingsEnvironment("data_dir"),
        files: {"DIR/genesis.json": "What the chain was started from, unless --genesis names it."},
        exit: {3: "The snapshot does not hold, or is of another chain.", 4: "It is not there, or not whole."},
        seeAlso: ["snapshot list", "snapshot restore", "light sync"],
      }),
    ),
  )
    .argument("<directory>", "the snapshot")
    .option("--genesis <path>", "genesis file of the chain (default: that of the data directory)")
    .action(async (directory: string, flags: VerifyFlags) => {
      const {readDataDir} = await import("../../node/data-dir.js");
      const {SnapshotFiles} = await import("../../node/snapshots/files.js");
      const {NO_SINK, verifySnapshot} = await import("../../node/snapshots/verify.js");
      const settings = await loadSettings(io.host, {config: flags.config, data_dir: flags.dataDir});
      const genesis =
        flags.genesis === undefined
          ? (await readDataDir(settings.data_dir.value!)).genesis
          : parseGenesis(textOf(await io.readFile(flags.genesis, {flag: "--genesis"})));
      const files = await SnapshotFiles.open(directory);
      const {ports, done} = await verifyPortsOf(io, genesis, flags);
      try {
        await verifySnapshot(files, NO_SINK, ports);
      } finally {
        done();
      }
      const {document, line} = await reportOf(files);
      io.result(document, [line]);
    });
