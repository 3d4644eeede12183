/** The stand-in for a cluster as a process, with its rows in a file. Prints where it listens, and ends with its input. */
import {CqlServer} from "../node/storage/cql/cql-server.js";

const server = await CqlServer.start({path: process.argv[2]!});
process.stdout.write(`${server.contactPoint}\n`);
process.stdin.on("end", () => void server.stop()).resume();
