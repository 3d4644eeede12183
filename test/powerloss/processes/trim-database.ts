/** Lets all bodies of a database but the newest go: `trim-database.ts FILE`. */
import {trimChain} from "../../migration/made-chain.js";

await trimChain(process.argv[2]!);
