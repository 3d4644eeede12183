import type {Command} from "commander";
import {defineCommand} from "../define.js";
import type {Io} from "../io.js";
import {loadSettings, settingsEnvironment} from "../settings.js";
import {addStoreFlags, type StoreFlags} from "../store/open.js";
import {reportOf} from "./report.js";

export const snapshotListCommand = (io: Io): Command =>
  addStoreFlags(
    defineCommand("snapshot list", {
      summary: "the snapshots of a node",
      description:
        "Lists the snapshots in a node's data directory, which may be in use, the oldest first. They are not verified: that " +
        "is for qsdm snapshot verify.\n\n" +
        "Prints one line for each: height, root of the snapshot, bytes, directory.",
      examples: [
        {does: "the newest", run: "qsdm snapshot list | tail -1"},
        {does: "what two nodes have in common", run: "qsdm snapshot list --json | jq -r '.data.snapshots[].root'"},
      ],
      environment: settingsEnvironment("data_dir"),
      files: {"DIR/snapshots/HEIGHT/": "One snapshot: manifest, proof, and a file for each part."},
      seeAlso: ["snapshot create", "snapshot verify", "snapshot restore"],
    }),
  ).action(async ({config, dataDir}: StoreFlags) => {
    const {openShelf} = await import("../../node/snapshots/shelf.js");
    const {snapshotsIn} = await import("../../node/data-dir.js");
    const settings = await loadSettings(io.host, {config, data_dir: dataDir});
    const found = await openShelf(snapshotsIn(settings.data_dir.value!), (height, {code, message}) =>
      io.warn(`the snapshot of block ${height} cannot be read (${code}): ${message}`),
    );
    const reports = await Promise.all(found.map(reportOf));
    io.result(
      {snapshots: reports.map(({document}) => document)},
      reports.map(({line}) => line),
    );
  });
