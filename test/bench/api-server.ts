/**
 * One server to measure, in a process of its own: `node`, which is a whole node on an empty chain, or `bare`. Prints
 * the URL to read.
 */
import {createServer} from "node:http";
import type {AddressInfo} from "node:net";
import {testAccount} from "../support/accounts.js";
import {initTestNode, nodeGenesis, runTestNode} from "../support/node.js";

const HELLO = '{"hello":"world"}\n';

async function startNode(): Promise<string> {
  const reader = testAccount("reader");
  const {node} = await runTestNode(await initTestNode(nodeGenesis([reader])));
  return `${node.url}/api/v1/mining/account?address=${reader.address}`;
}

function startBare(): Promise<string> {
  const server = createServer((_incoming, outgoing) => {
    outgoing.writeHead(200, {"content-type": "application/json", "content-length": HELLO.length});
    outgoing.end(HELLO);
  });
  return new Promise((resolve) =>
    server.listen(0, "127.0.0.1", () => resolve(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`)),
  );
}

console.log(await (process.argv[2] === "bare" ? startBare() : startNode()));
