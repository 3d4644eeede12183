/** What the sources of an import hold, counted and not looked at. */
import {QSDM_BLOCK_MAX_BYTES} from "../../codecs/qsdm-chain/block.js";
import type {Journal} from "../../node/storage/migrate/qsdm/journal.js";
import type {Text} from "../output.js";
import type {Sources} from "./sources.js";

export async function countSources(
  {journal, database, schema}: Sources,
  signal: AbortSignal,
): Promise<{readonly data: object; readonly text: Text}> {
  const blocks = journal && {rows: await countLines(journal, signal), bytes: journal.sizeBytes};
  const transfers = database && {
    rows: database.count("transactions"),
    ids_repeated: database.repeatedIds().count,
  };
  const balances = database && {rows: database.count("balances"), has_nonces: database.hasNonces};
  return {
    data: {blocks, transfers, balances, schema},
    text: [
      ...(blocks ? [["blocks", blocks.rows, blocks.bytes]] : []),
      ...(transfers ? [["transfers", transfers.rows]] : []),
      ...(balances ? [["balances", balances.rows]] : []),
    ],
  };
}

async function countLines(journal: Journal, signal: AbortSignal): Promise<number> {
  let rows = 0;
  for await (const {bytes} of journal.lines(0, QSDM_BLOCK_MAX_BYTES)) {
    signal.throwIfAborted();
    if (bytes.length > 0) rows += 1;
  }
  return rows;
}
