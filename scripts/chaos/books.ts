/**
 * The supply equation of each validator, added up from the blocks that it exported by the script that has none of the node's
 * code, and held to what the validator said while it ran.
 */
import {execFile} from "node:child_process";
import {rm, writeFile} from "node:fs/promises";
import path from "node:path";
import {fileURLToPath} from "node:url";
import {promisify} from "node:util";
import {QSDM, type Validator} from "./validators.js";

const run = promisify(execFile);
const AUDIT = fileURLToPath(new URL("../audit-supply.ts", import.meta.url));
const TSX = import.meta.resolve("tsx");
const OUTPUT_MAX_BYTES = 1024 * 1024;

/** What `qsdm supply` says of a running validator, kept beside its data. */
export async function keepSupply(validator: Validator): Promise<void> {
  const words = [QSDM, "supply", "--api-url", validator.url, "--json"];
  const {stdout} = await run(process.execPath, words, {maxBuffer: OUTPUT_MAX_BYTES});
  await writeFile(supplyFile(validator), stdout);
}

/** Exports a stopped validator's chain and adds it up. @returns what is wrong; null where the books are right */
export async function auditSupply(validator: Validator, genesisFile: string): Promise<string | null> {
  const {dataDir, index} = validator;
  const file = path.join(dataDir, "..", "chain.qsdm");
  try {
    await run(process.execPath, [QSDM, "store", "export", file, "--data-dir", dataDir, "--force"]);
    await run(process.execPath, ["--import", TSX, AUDIT, genesisFile, file, "--expect", supplyFile(validator)]);
    return null;
  } catch (error) {
    const {stderr, message} = error as {readonly stderr?: string; readonly message: string};
    return `the books of validator ${index}: ${stderr?.trim() || message}`;
  } finally {
    await rm(file, {force: true});
  }
}

const supplyFile = ({dataDir}: Validator): string => path.join(dataDir, "..", "supply.json");
