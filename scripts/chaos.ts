/**
 * A chain of four validators, each a process, that pays all the time while one after the other is killed, paused and cut
 * off. Run by `npm run chaos -- --minutes 10`; prints what was seen, and ends with status 1 when anything is not as it
 * should be. `--netns` parts real network namespaces instead of proxies, which needs root.
 */
import {randomInt} from "node:crypto";
import {mkdir, mkdtemp, rm, writeFile} from "node:fs/promises";
import {tmpdir} from "node:os";
import path from "node:path";
import {parseArgs} from "node:util";
import {DUST_PER_CELL} from "../src/codecs/amount.js";
import {utf8} from "../src/codecs/bytes.js";
import {sha3} from "../src/codecs/hash.js";
import {loadMlDsa} from "../src/node/compute/ml-dsa.js";
import {signerOfSeed} from "../src/node/keys/signer.js";
import {Chaos} from "./chaos/chaos.js";
import {FAULTS} from "./chaos/faults.js";
import {namespaceWires} from "./chaos/namespaces.js";
import {prepareValidators} from "./chaos/validators.js";
import {proxyWires} from "./chaos/wires.js";

const VALIDATORS = 4;
const SENDERS = 8;

const {values} = parseArgs({
  options: {
    minutes: {type: "string", default: "10"},
    rate: {type: "string", default: "20"},
    seed: {type: "string"},
    faults: {type: "string", default: FAULTS.join(",")},
    "log-level": {type: "string", default: "warn"},
    netns: {type: "boolean", default: false},
    /** Where the summary goes as JSON. */
    out: {type: "string"},
    dir: {type: "string"},
  },
});
const minutes = Number(values.minutes);
const perSecond = Number(values.rate);
const seed = values.seed === undefined ? randomInt(2 ** 31) : Number(values.seed);
if (!(minutes >= 1 && perSecond >= 1 && Number.isSafeInteger(seed)))
  throw new Error("--minutes and --rate are at least 1, --seed is an integer");

const kinds = values.faults.split(",").map((name) => FAULTS.find((kind) => kind === name));
if (!kinds.every((kind) => kind !== undefined)) throw new Error(`--faults are of ${FAULTS.join(",")}`);

const directory = values.dir ?? (await mkdtemp(path.join(tmpdir(), "qsdm-chaos-")));
await mkdir(directory, {recursive: true});
const startedAtMs = Date.now();
const say = (text: string): void => {
  process.stdout.write(`${String(Math.round((Date.now() - startedAtMs) / 1_000)).padStart(5)} s  ${text}\n`);
};

const mlDsa = await loadMlDsa(87);
const accountOf = (name: string) => signerOfSeed(mlDsa, sha3(utf8(`chaos ${name}`)));
const senders = Array.from({length: SENDERS}, (_, i) => accountOf(`sender ${i}`));
const wires = values.netns ? await namespaceWires(VALIDATORS) : await proxyWires(VALIDATORS);
const chaos = new Chaos({seed, minutes, perSecond, kinds, say, senders, wires});
const validators = await prepareValidators({
  count: VALIDATORS,
  directory,
  chainId: "chaos",
  account: accountOf("fees").address,
  allocations: senders.map(({address}) => ({to: address, amountDust: 10_000n * DUST_PER_CELL})),
  wires,
  logLevel: values["log-level"],
  ended: (index, how) => chaos.fault(`validator ${index} ended by itself: ${how}`),
});
say(`seed ${seed}, ${VALIDATORS} validators, ${perSecond} transactions a second, ${minutes} minutes`);
const summary = await chaos.run(validators).finally(() => wires.close());
if (values.out !== undefined) await writeFile(values.out, `${JSON.stringify(summary, null, 2)}\n`);
if (values.dir === undefined && summary.faults.length === 0) await rm(directory, {recursive: true, force: true});
else say(`logs and databases are in ${directory}`);
process.exitCode = summary.faults.length === 0 ? 0 : 1;
