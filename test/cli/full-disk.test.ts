/** A disk that is really full: a small file system in a mount namespace of its own, filled under a running node. */
import {spawnSync} from "node:child_process";
import {writeFileSync} from "node:fs";
import path from "node:path";
import {expect, test} from "vitest";
import {lacking} from "../support/tools.js";
import {BIN, scratch, shell, untilUrl} from "./qsdm.js";

const PAYEE = "ab".repeat(32);
const SETTINGS = "export QSDM_PASSPHRASE_FILE=pass";

// A file rather than a shell function: only then is the background job the program, which gets the signal.
const PROGRAM = `mkdir bin; printf '#!/bin/sh\\nexec "%s" "%s" "$@"\\n' "${process.execPath}" "${BIN}" >bin/qsdm
chmod +x bin/qsdm; export PATH=$PWD/bin:$PATH`;
const SCRIPT = `${PROGRAM}
${SETTINGS}
mkdir disk && mount -t tmpfs -o size=12m tmpfs disk && cd disk || exit 99
up() { qsdm node run --data-dir node --api-port 0 >"../$1.url" 2>"../$1.log" & node=$!
  ${untilUrl("../$1.url")}; }
echo "correct horse" >pass
account=$(qsdm wallet create --out w.json 2>/dev/null)
qsdm node init --data-dir node --chain-id full --validator-account $account --allocate $account=100 >/dev/null 2>&1
up first
qsdm wallet send ${PAYEE} 1 --in w.json --wait >/dev/null 2>&1; echo "acknowledged $?"
dd if=/dev/zero of=filler bs=4k >/dev/null 2>&1
qsdm keygen hmac --out rig.hmac 2>../keygen.log; echo "keygen $?"
echo "left behind: $(ls -A | grep hmac)"
wait $node; echo "node $?"
rm filler
up second
echo "kept $(qsdm wallet balance ${PAYEE})"
kill -INT $node; wait $node; echo "stopped $?"
cat ../keygen.log ../first.log`;

test("a full disk stops the node and loses nothing that was acknowledged", async (context) => {
  if (spawnSync("unshare", ["-Urm", "true"]).status !== 0) lacking(context, "unshare with user namespaces");
  const cwd = scratch();
  writeFileSync(path.join(cwd, "script.sh"), SCRIPT);
  const ran = await shell("unshare -Urm bash script.sh", {cwd});
  const said = ran.stdout;
  expect(said).toMatch(/^acknowledged 0\nkeygen 4\nleft behind: \nnode 4\nkept 1\nstopped 0\n/);
  expect(said).toContain("qsdm: error: rig.hmac: no space left on device");
  expect(said).toContain("qsdm: hint: free space or repair the disk");
  expect(said).toMatch(/qsdm: error: the node stopped: cannot write node\/chain\.db: SQLITE_FULL/);
});
