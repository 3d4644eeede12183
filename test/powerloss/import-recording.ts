/** `migrate import` of a journal, in small batches, killed on the way and gone on with. */
import {existsSync, writeFileSync} from "node:fs";
import path from "node:path";
import {hexOf} from "../../src/codecs/bytes.js";
import {openSources} from "../../src/commands/migrate/sources.js";
import {Archive} from "../../src/node/storage/migrate/qsdm/archive.js";
import {importHistory} from "../../src/node/storage/migrate/qsdm/import.js";
import {journalOf, oldChain} from "../node/storage/migrate/qsdm-history.js";
import {eventually} from "../support/node.js";
import {recordIn} from "./node-process.js";
import type {Observer, Workload} from "./recording.js";

const ARCHIVE = "history.db";
const {signal} = new AbortController();

export const IMPORT: Workload = {
  record: (library, directory, {blocks}) =>
    recordIn(library, directory, async (workplace) => {
      const chain = path.join(directory, "qsdm_chain.ndjson");
      writeFileSync(chain, journalOf(oldChain(10 * blocks)));
      const target = path.join(workplace.root, ARCHIVE);
      const words = ["migrate", "import", "--chain", chain, "--out", target, "--batch", "2"];
      const {child, ended} = workplace.spawn([...words, "--rate", "50"]);
      child.stdout!.resume();
      await eventually(async () => existsSync(`${target}-wal`));
      child.kill("SIGKILL");
      await ended;
      await workplace.run(...words, "--resume");
      return {known: JSON.stringify({chain, whole: await resumed(chain, target)})};
    }),
  observer(known) {
    const {chain, whole} = JSON.parse(known) as {chain: string; whole: string};
    return observer(chain, whole);
  },
};

/** @param whole digest of what an import of `chain` that nothing cut short comes to */
function observer(chain: string, whole: string): Observer {
  const archive = "archive";
  return {
    parts: [{name: archive, owns: (file) => file.startsWith(ARCHIVE), look: checkpointIn}],
    async whole(root, findings) {
      // Gone on with from there, it becomes what it would have been.
      if (findings[archive] !== NO_ARCHIVE && (await resumed(chain, path.join(root, ARCHIVE))) !== whole)
        throw new Error(`an import that goes on from ${findings[archive]} ends elsewhere`);
    },
  };
}

const NO_ARCHIVE = "none";

async function checkpointIn(root: string): Promise<string> {
  const place = path.join(root, ARCHIVE);
  if (!existsSync(place)) return NO_ARCHIVE;
  const archive = Archive.open(place);
  const {rows, position, digest} = archive.checkpoint("blocks");
  archive.close();
  return `${rows} rows up to ${position}, ${hexOf(digest)}`;
}

/** Digest over all blocks of an archive that was gone on with. */
async function resumed(chain: string, place: string): Promise<string> {
  const archive = Archive.open(place);
  const {journal, database, compression, close} = await openSources({chain});
  try {
    const ports = {journal, database, archive, compression, progress: () => {}};
    const {blocks} = await importHistory({batchRows: 1_000, rate: null}, ports, signal);
    return blocks!.digest;
  } finally {
    archive.close();
    await close();
  }
}
