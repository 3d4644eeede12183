/**
 * A chain of four validators, each a process, that pays all the time while one after the other is killed, paused and cut
 * off. Run by `npm run chaos -- --minutes 10`; prints what was seen, and ends with status 1 when anything is not as it
 * should be. `--netns` parts real network namespaces instead of proxies, which needs root. `--load adversarial` has accounts
 * attack the books meanwhile, without other faults unless `--faults` names them.
 */
import {randomInt} from "node:crypto";
import {mkdir, mkdtemp, rm, writeFile} from "node:fs/promises";
import {tmpdir} from "node:os";
import path from "node:path";
import {parseArgs} from "node:util";
import {DUST_PER_CELL} from "../src/codecs/amount.js";
import {utf8} from "../src/codecs/bytes.js";
import {sha3} from "../src/codecs/hash.js";
import type {Client} from "../src/node/api/client.js";
import {loadMlDsa} from "../src/node/compute/ml-dsa.js";
import {signerOfSeed} from "../src/node/keys/signer.js";
import {NETWORK_PARAMS} from "../src/node/ledger/params/networks.js";
import {Adversary, ATTACKERS} from "./chaos/adversary.js";
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
    load: {type: "string", default: "payments"},
    faults: {type: "string"},
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

if (values.load !== "payments" && values.load !== "adversarial") throw new Error("--load is payments or adversarial");
const adversarial = values.load === "adversarial";
const named = values.faults?.split(",") ?? (adversarial ? [] : FAULTS);
const kinds = named.map((name) => FAULTS.find((kind) => kind === name));
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
const votes = await loadMlDsa(44);
const adversary = (clients: readonly Client[]) =>
  adversarial
    ? new Adversary({chainId: "chaos", clients, accountOf, votes, bondDust: NETWORK_PARAMS.dev.bondDust})
    : null;
const genesisFile = path.join(directory, "genesis.json");
const chaos = new Chaos({seed, minutes, perSecond, kinds, say, senders, wires, genesisFile, adversary});
const villains = adversarial ? ATTACKERS.all.map(accountOf) : [];
const validators = await prepareValidators({
  count: VALIDATORS,
  directory,
  chainId: "chaos",
  account: accountOf("fees").address,
  allocations: [...senders, ...villains].map(({address}) => ({to: address, amountDust: 10_000n * DUST_PER_CELL})),
  authorities: adversarial ? ATTACKERS.authorities.map((name) => accountOf(name).address) : [],
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
