// Fuzzes one entry point of the native code with libFuzzer, ASan and UBSan: `npm run fuzz -- TARGET [--seconds N]`, or
// builds every target without running any: `npm run fuzz -- --build`. What it finds stays in native/out/fuzz/TARGET.
import {spawnSync} from "node:child_process";
import {mkdirSync, readdirSync, readFileSync, writeFileSync} from "node:fs";
import {fileURLToPath} from "node:url";
import {parseArgs} from "node:util";
import {gunzipSync} from "node:zlib";

const ROOT = fileURLToPath(new URL("../", import.meta.url));
const NATIVE = `${ROOT}native/`;
const DEFAULT_SECONDS = "60";
/** Longest input: a verification's key and signature, and room. */
const MAX_BYTES = "20000";

const targets = readdirSync(`${NATIVE}fuzz`).flatMap((file) => (file.endsWith(".cpp") ? [file.slice(0, -4)] : []));
const {values, positionals} = parseArgs({
  options: {seconds: {type: "string", default: DEFAULT_SECONDS}, build: {type: "boolean", default: false}},
  allowPositionals: true,
});
const run = (command, ...args) => spawnSync(command, args, {cwd: NATIVE, stdio: "inherit"}).status === 0;

const readVectors = (path) => {
  const bytes = readFileSync(`${ROOT}test/node/${path}`);
  return JSON.parse((path.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString());
};
const bytesOf = (...hexes) => Buffer.concat(hexes.map((hex) => Buffer.from(hex, "hex")));
/** Of what a target takes first: 87 is even, and mu the third form. */
const levelByte = (level) => (level === 44 ? 1 : 0);
const MU = 2;

/** ACVP's tests over mu of one function, with their level. */
const acvpOverMu = (mode) =>
  [44, 87].flatMap((level) =>
    readVectors(`compute/ml-dsa/acvp-ML-DSA-${mode}-FIPS204-ML-DSA-${level}.vectors.json.gz`)
      .prompt.testGroups.filter((group) => group.signatureInterface === "internal" && group.externalMu)
      .flatMap((group) => group.tests)
      .map((test) => ({...test, level})),
  );
/** Signatures, valid and not. */
const signatures = () =>
  acvpOverMu("sigVer").map(({level, pk, signature, mu}) =>
    Buffer.concat([Buffer.from([levelByte(level), MU, 0, 0, 1]), bytesOf(pk, signature, mu)]),
  );
/** Secret keys, and what they sign. */
const signers = () =>
  acvpOverMu("sigGen").map(({level, sk, rnd, mu}) =>
    Buffer.concat([
      Buffer.from([levelByte(level), MU, 0, 0, 64]),
      Buffer.alloc(32),
      bytesOf(rnd ?? "00".repeat(32), mu, sk),
    ]),
  );
/** Headers and nonces of the recorded walks, after what says how many of what. */
const walks = () =>
  readVectors("ledger/mining/dag.vectors.json")
    .cases.filter(({input}) => input.header_hash && input.nonce)
    .map(({input}) => Buffer.concat([Buffer.from([1, 63, 7, 3, 20]), bytesOf(input.header_hash, input.nonce)]));
/** Each part of what is made, left alone and changed. */
const changes = () =>
  Array.from({length: 8}, (_, changed) => Buffer.from([changed, ...new Uint8Array(96).fill(changed), 1, 2, 3, 4]));
/** The group's order, a value below it, and one. */
const ORDER = "73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001";
const scalars = () =>
  [ORDER, `${ORDER.slice(0, -2)}00`, `${"00".repeat(31)}01`].map((scalar) =>
    Buffer.concat([Buffer.from([1, 0]), bytesOf(scalar, scalar)]),
  );

/** Inputs to start from, where random bytes would not get far. */
const SEEDS = {
  verify: signatures,
  cuda_verify: signatures,
  signer: signers,
  cuda_signer: signers,
  walk: walks,
  cuda_walk: walks,
  kem: changes,
  pedersen: scalars,
};

const wanted = values.build ? targets : positionals;
if (wanted.length === 0 || wanted.some((each) => !targets.includes(each)) || !/^[1-9]\d{0,5}$/.test(values.seconds)) {
  console.error(
    `usage: npm run fuzz -- TARGET [--seconds N]\n       npm run fuzz -- --build\ntargets: ${targets.join(", ")}`,
  );
  process.exitCode = 2;
} else
  for (const target of wanted) {
    if (!run("make", "-s", `fuzz-${target}`)) {
      console.error("fuzzing takes clang++ with libFuzzer and make: apt-get install clang");
      process.exitCode = 1;
      break;
    }
    if (values.build) continue;
    const corpus = `out/fuzz/${target}.corpus`;
    mkdirSync(NATIVE + corpus, {recursive: true});
    for (const [at, seed] of (SEEDS[target]?.() ?? []).entries()) writeFileSync(`${NATIVE}${corpus}/seed-${at}`, seed);
    const limits = [
      `-max_total_time=${values.seconds}`,
      `-max_len=${MAX_BYTES}`,
      `-artifact_prefix=out/fuzz/${target}-`,
    ];
    if (!run(`out/fuzz/${target}`, corpus, ...limits)) process.exitCode = 1;
  }
