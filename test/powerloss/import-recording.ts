/** `migrate import` of a journal, in small batches, killed on the way and gone on with. */
import {existsSync, writeFileSync} from "node:fs";
import path from "node:path";
import {hexOf} from "../../src/codecs/bytes.js";
import {openSources} from "../../src/commands/migrate/sources.js";
import {Archive} from "../../src/node/storage/migrate/qsdm/archive.js";
import {importHistory} from "../../src/node/storage/migrate/qsdm/import.js";
import {journalOf, oldChain} from "../node/storage/migrate/qsdm-history.js";
import {eventually} from "../support/node.js";
import {Workplace} from "./node-process.js";
import type {Recording} from "./recording.js";
import type {Size} from "./recordings.js";

const ARCHIVE = "history.db";
const {signal} = new AbortController();

/** Records into `directory`, which it empties. */
export async function recordImport(library: string, directory: string, {blocks}: Size): Promise<Recording> {
  const workplace = new Workplace(library, directory);
  try {
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
    const whole = await resumed(chain, target);
    const finished = new Set<string>();
    return {
      name: "import",
      ops: workplace.ops,
      async observe(root) {
        const place = path.join(root, ARCHIVE);
        if (!existsSync(place)) return {archive: "none"};
        const archive = Archive.open(place);
        const {rows, position, digest} = archive.checkpoint("blocks");
        archive.close();
        const found = `${rows} rows up to ${position}, ${hexOf(digest)}`;
        // Gone on with from there, it becomes what it would have been.
        if (!finished.has(found) && (await resumed(chain, place)) !== whole)
          throw new Error(`an import that goes on from ${found} ends elsewhere`);
        finished.add(found);
        return {archive: found};
      },
    };
  } finally {
    workplace.close();
  }
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
