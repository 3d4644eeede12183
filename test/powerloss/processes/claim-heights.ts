/** A rig that claims three heights for its signatures, and says each: `claim-heights.ts DIRECTORY`. */
import {SignedHeights} from "../../../src/node/mining/signed-heights.js";

const heights = new SignedHeights(process.argv[2]!, "qsdm-test");
for (const height of [1n, 2n, 3n]) if (await heights.claim(height)) process.stdout.write(`claimed ${height}\n`);
