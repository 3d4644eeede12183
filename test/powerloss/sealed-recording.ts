/** A validator whose store is encrypted: initialised, run, killed, run again, and its key put under another passphrase. */
import {writeFileSync} from "node:fs";
import path from "node:path";
import {nodeObserver} from "./node-observer.js";
import {NODE_FOLDER, recordIn} from "./node-process.js";
import type {Workload} from "./recording.js";

const PASSPHRASES = ["of the first day", "of the second day"] as const;

export const SEALED: Workload = {
  record: (library, directory, {blocks}) =>
    recordIn(library, directory, async (workplace) => {
      const [first, second] = PASSPHRASES.map((passphrase, at) => {
        const file = path.join(directory, `passphrase-${at}`);
        writeFileSync(file, passphrase);
        return file;
      }) as [string, string];
      const by = (file: string): [string, string] => ["--store-passphrase-file", file];
      await workplace.init(...by(first));
      await workplace.runFor(blocks, "SIGKILL", ...by(first));
      const dir = ["--data-dir", workplace.dataDir];
      await workplace.run("store", "reseal", ...dir, ...by(first), "--new-passphrase-file", second);
      await workplace.runFor(blocks, "SIGTERM", ...by(second));
      return {};
    }),
  observer: () => nodeObserver(NODE_FOLDER, PASSPHRASES),
};
