/**
 * What computes, in one process, peers interleaved: noble, hash-wasm, `node:crypto`, liboqs and pqclean are the peers, the
 * backends of this program what is measured. Beside them run Node 24, for its OpenSSL, and a walk in plain C. Figures are the best of seven rounds. `make -C native && native/out/qsdm-native bench`
 * measures the same code without Node, on every instruction set.
 */
import {randomFillSync} from "node:crypto";
import {BACKEND_NAMES, type ComputeBackend} from "../../src/node/compute/backend.js";
import {benchCommitments} from "./compute/commitments.js";
import {benchGpu} from "./compute/gpu.js";
import {benchHashing} from "./compute/hashing.js";
import {benchKeyAgreement} from "./compute/key-agreement.js";
import {benchMainLoop} from "./compute/main-loop.js";
import {benchLight, benchMapping, benchTables, benchWalks} from "./compute/proof-of-work.js";
import {openOrSay} from "./compute/rounds.js";
import {benchSharing} from "./compute/sharing.js";
import {benchSignatures} from "./compute/signatures.js";

export const name = "compute: signatures, the main loop, key agreement, hashing, walks, tables, light verification";

const TABLE_BYTES = 2 ** 31;
const FILL_BYTES = 2 ** 26;

export async function run(print: (line: string) => void): Promise<void> {
  const backends: ComputeBackend[] = [];
  for (const each of BACKEND_NAMES) {
    // These have rows of their own, over a table that they can take over within a moment.
    if (each === "webgpu" || each === "gpujs") continue;
    const backend = await openOrSay(each, print);
    if (backend) backends.push(backend);
  }
  await benchSignatures(print);
  await benchMainLoop(print);
  await benchKeyAgreement(print);
  await benchHashing(backends, print);
  await benchSharing(backends[0]!.field, print);
  await benchCommitments(print);
  const table = new Uint8Array(new SharedArrayBuffer(TABLE_BYTES));
  for (const backend of backends) backend.prepareTable(table);
  const noise = randomFillSync(new Uint8Array(FILL_BYTES));
  for (let at = 0; at < TABLE_BYTES; at += FILL_BYTES) table.set(noise, at);
  benchWalks(backends, table, print);
  const native = backends.find(({mapTable}) => mapTable);
  if (native) await benchMapping(native, table, print);
  await benchTables(backends, print);
  benchLight(backends, noise, print);
  await benchGpu(print);
}
