/** Real network nodes on loopback, for tests of the transport and of what runs over it. */
import {randomBytes} from "node:crypto";
import path from "node:path";
import {plain, utf8} from "../../src/codecs/bytes.js";
import {sha3} from "../../src/codecs/hash.js";
import {loadMlKem} from "../../src/node/compute/ml-kem.js";
import {type Endpoint, parseEndpoint} from "../../src/node/network/address.js";
import {openNetwork} from "../../src/node/network/open.js";
import {DEFAULT_NETWORK_OPTIONS, type NetworkOptions} from "../../src/node/network/options.js";
import type {Network} from "../../src/node/network/port.js";
import type {NetworkPorts} from "../../src/node/network/ports.js";
import {NetworkTally} from "../../src/node/network/tally.js";
import {mlDsa44} from "./accounts.js";
import {scratchDirectory} from "./chain.js";

const SILENT = {debug: () => {}, info: () => {}, warn: () => {}, error: () => {}};
export const TEST_NETWORK = sha3(utf8("a test chain"));
const kem = await loadMlKem();

export async function startNetwork(
  name: string,
  options: Partial<NetworkOptions> = {},
  change: Partial<NetworkPorts> = {},
): Promise<Network> {
  const keys = mlDsa44.keygenFromSeed(sha3(utf8(`network identity ${name}`)));
  const network = await openNetwork(
    {...DEFAULT_NETWORK_OPTIONS, listen: [{id: null, host: "127.0.0.1", port: 0}], dht: false, ...options},
    {
      identity: {publicKey: keys.publicKey, sign: (message) => mlDsa44.sign(keys.secretKey, message)},
      network: TEST_NETWORK,
      kem,
      verify: mlDsa44.verify,
      nowMs: () => Date.now(),
      randomBytes: (size) => plain(randomBytes(size)),
      log: SILENT,
      agent: `test/${name}`,
      bookPath: path.join(scratchDirectory(), "peers.json"),
      validators: () => new Set(),
      admits: () => true,
      metrics: new NetworkTally(),
      ...change,
    },
  );
  await network.start(new AbortController().signal);
  return network;
}

/** Where a started network listens. */
export const endpointOf = (network: Network): Endpoint => parseEndpoint(network.addresses()[0]!);
