/**
 * Adds the supply equation up from the blocks of a chain, with codecs alone and none of the node's code:
 * `npm run audit:supply -- GENESIS EXPORT [--expect FILE]`, with the genesis file, a file of `qsdm store export` from block 1
 * on, and what `qsdm supply --json` printed. Prints names and dust as `qsdm supply` does; ends with status 1 where a block
 * does not add up, or the node's books are others.
 */
import {createReadStream} from "node:fs";
import {readFile} from "node:fs/promises";
import {parseArgs} from "node:util";
import {framesIn} from "../src/codecs/chain/chain-file.js";
import {parseGenesis} from "../src/codecs/chain/genesis-file.js";
import {DecodeError} from "../src/errors.js";
import {auditedBlocks} from "./audit-supply/blocks.js";
import {type Expected, expectedIn} from "./audit-supply/expected.js";
import {AuditFault} from "./audit-supply/fault.js";
import {SupplyAudit} from "./audit-supply/supply.js";

const {values, positionals} = parseArgs({options: {expect: {type: "string"}}, allowPositionals: true});
const [genesisFile, exportFile] = positionals;
if (!genesisFile || !exportFile || positionals.length > 2) {
  process.stderr.write("usage: npm run audit:supply -- GENESIS EXPORT [--expect FILE]\n");
  process.exit(2);
}

try {
  const expected = values.expect ? expectedIn(await readFile(values.expect, "utf8")) : null;
  const genesis = parseGenesis(await readFile(genesisFile, "utf8"));
  await audit(new SupplyAudit(genesis), auditedBlocks(framesIn(createReadStream(exportFile)), genesis), expected);
} catch (error) {
  if (!(error instanceof AuditFault || error instanceof DecodeError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}

async function audit(
  books: SupplyAudit,
  blocks: ReturnType<typeof auditedBlocks>,
  expected: Expected | null,
): Promise<void> {
  let height = 0n;
  let compared = false;
  for await (const each of blocks) {
    books.enter(each);
    ({height} = each.block.header);
    if (expected?.height !== height) continue;
    expected.compare(each.id, books.totals);
    compared = true;
  }
  if (expected && !compared)
    throw new AuditFault(`the file ends with block ${height}, the node's books are of ${expected.height}`);
  const lines = Object.entries(books.totals).map(([name, dust]) => [name.replace("Dust", "_dust"), dust]);
  for (const line of [["height", height], ...lines]) process.stdout.write(`${line.join("\t")}\n`);
}
