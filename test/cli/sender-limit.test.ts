/** The flag that bounds what one account's writes cost a node, on a real node. */
import {expect, test} from "vitest";
import {BIN, scratch, shell, untilUrl} from "./qsdm.js";

const SCRIPT = `echo "correct horse" >pass
account=$(qsdm wallet create --out w.json 2>/dev/null)
qsdm node init --data-dir node --chain-id limits --validator-account $account --allocate $account=100 >/dev/null 2>&1
"${process.execPath}" "${BIN}" node run --data-dir node --api-port 0 --sender-limit 1 >url 2>/dev/null & node=$!
${untilUrl("url")}
# All at once: one after the other a slow machine would stay below any limit.
sends=
for nonce in 0 1 2 3 4 5 6 7; do
  { qsdm wallet send ${"ab".repeat(32)} 1 --in w.json --nonce $nonce >/dev/null 2>err$nonce || echo "$? $(cat err$nonce)"; } &
  sends="$sends $!"
done
wait $sends
kill -INT $node; wait $node`;

test("node run --sender-limit: the writes of one account are bounded, reads are not", async () => {
  const cwd = scratch();
  const {stdout} = await shell(SCRIPT, {cwd, env: {QSDM_PASSPHRASE_FILE: "pass"}});
  expect(stdout).toMatch(/^4 [\s\S]*qsdm: error: too many writes of [0-9a-f]{64}\nqsdm: hint: try again in \d+ s/);
});
