/** What a data directory has let go comes back from a cluster, killed on the way and gone on with. */
import {existsSync} from "node:fs";
import path from "node:path";
import {LinkFile} from "../../src/node/storage/cql/link-file.js";
import {CqlServer} from "../node/storage/cql/cql-server.js";
import {eventually} from "../support/node.js";
import {nodeObserver} from "./node-observer.js";
import {NODE_FOLDER, processOf, recordIn} from "./node-process.js";
import type {Part, Workload} from "./recording.js";

const LINK = "cluster.db";
/** Blocks that come back in a second, in the run that is killed. */
const RATE = "40";

export const CLUSTER: Workload = {
  async record(library, directory, {blocks}) {
    const server = await CqlServer.start();
    try {
      return await recordIn(library, directory, async (workplace) => {
        const {dataDir} = workplace;
        await workplace.init();
        // More than are written at once.
        await workplace.runFor(Math.max(40, 2 * blocks), "SIGTERM");
        const cluster = ["--data-dir", dataDir, "--cql-contact-points", server.contactPoint];
        cluster.push("--cql-datacenter", "dc1", "--cql-tls", "off");
        await workplace.run("migrate", "to-cluster", ...cluster);
        await workplace.runScript(processOf("trim-database.ts"), path.join(dataDir, "chain.db"));
        const from = workplace.ops.length;
        const {child, ended} = workplace.spawn(["migrate", "from-cluster", ...cluster, "--rate", RATE]);
        child.stdout!.resume();
        await eventually(async () => existsSync(path.join(dataDir, LINK)));
        child.kill("SIGKILL");
        await ended;
        await workplace.run("migrate", "from-cluster", ...cluster, "--resume");
        return {from};
      });
    } finally {
      await server.stop();
    }
  },
  observer() {
    const {parts, whole} = nodeObserver(NODE_FOLDER);
    return {parts: [...parts, LINK_PART], ...(whole && {whole})};
  },
};

/** Whether the file of the cluster can be opened, and what it says. */
const LINK_PART: Part = {
  name: "link",
  owns: (file) => file.startsWith(`${NODE_FOLDER}/${LINK}`),
  async look(root) {
    const place = path.join(root, NODE_FOLDER, LINK);
    if (!existsSync(place)) return "0";
    const link = LinkFile.open(place);
    try {
      return String(link.mark("fetching"));
    } finally {
      link.close();
    }
  },
};
