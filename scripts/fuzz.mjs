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

/** Inputs to start from. Signatures are those of ACVP, valid and not; the rest are the recorded walks' headers. */
function seeds(target) {
  if (target === "verify")
    return [44, 87].flatMap((level) => {
      const file = `${ROOT}test/node/compute/ml-dsa/acvp-ML-DSA-sigVer-FIPS204-ML-DSA-${level}.vectors.json.gz`;
      const groups = JSON.parse(gunzipSync(readFileSync(file)).toString()).prompt.testGroups;
      return groups
        .filter((group) => group.signatureInterface === "internal" && group.externalMu)
        .flatMap((group) => group.tests)
        .map(({pk, signature, mu}) =>
          Buffer.concat([
            Buffer.from([level === 44 ? 1 : 0, 2, 0, 0, 1]),
            ...[pk, signature, mu].map((hex) => Buffer.from(hex, "hex")),
          ]),
        );
    });
  // Each part of what is made, left alone and changed.
  if (target === "kem")
    return Array.from({length: 8}, (_, changed) =>
      Buffer.from([changed, ...new Uint8Array(96).fill(changed), 1, 2, 3, 4]),
    );
  const {cases} = JSON.parse(readFileSync(`${ROOT}test/node/ledger/mining/dag.vectors.json`, "utf8"));
  return cases
    .filter(({input}) => input.header_hash && input.nonce)
    .map(({input}) =>
      Buffer.concat([
        Buffer.from([1, 63, 7, 3, 20]),
        Buffer.from(input.header_hash, "hex"),
        Buffer.from(input.nonce, "hex"),
      ]),
    );
}

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
    for (const [at, seed] of seeds(target).entries()) writeFileSync(`${NATIVE}${corpus}/seed-${at}`, seed);
    const limits = [
      `-max_total_time=${values.seconds}`,
      `-max_len=${MAX_BYTES}`,
      `-artifact_prefix=out/fuzz/${target}-`,
    ];
    if (!run(`out/fuzz/${target}`, corpus, ...limits)) process.exitCode = 1;
  }
