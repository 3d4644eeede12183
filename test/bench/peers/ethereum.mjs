// Plain transfers through one ledger of others, each signed: `node ethereum.mjs DIRECTORY NAME COUNT`. DIRECTORY holds the
// packages, NAME is anvil, anvil-block, ganache or vm. Prints what it took, signing left out where the ledger does not do it
// itself; anvil-block mines blocks of what was sent before.
import {spawn} from "node:child_process";
import {createRequire} from "node:module";
import path from "node:path";
import {setTimeout as sleep} from "node:timers/promises";

const [directory, name, countText] = process.argv.slice(2);
const count = Number(countText);
const require = createRequire(path.join(directory, "package.json"));
const VALUE = "0x1";
/** The best of them counts. */
const MINED_BLOCKS = 5;

async function taking(work) {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

/** Transfers that are sent, executed and mined one by one, or only the mining of one block that holds all. */
async function anvil({oneBlock = false} = {}) {
  const port = 20_000 + (process.pid % 20_000);
  const entry = path.join(directory, "node_modules/@foundry-rs/anvil-linux-amd64/bin/anvil");
  const child = spawn(
    entry,
    [
      "--silent",
      "--port",
      `${port}`,
      "--accounts",
      "100",
      ...(oneBlock ? ["--no-mining", "--gas-limit", "1000000000"] : []),
    ],
    {stdio: "ignore"},
  );
  let id = 0;
  const call = async (calls) => {
    const body = JSON.stringify(calls.map(([method, params]) => ({jsonrpc: "2.0", id: id++, method, params})));
    const answer = await fetch(`http://127.0.0.1:${port}`, {
      method: "POST",
      headers: {"content-type": "application/json"},
      body,
    });
    return (await answer.json()).map(({result, error}) => {
      if (error) throw new Error(error.message);
      return result;
    });
  };
  try {
    for (let i = 0; ; i++) {
      try {
        await call([["eth_chainId", []]]);
        break;
      } catch (error) {
        if (i > 100) throw error;
        await sleep(100);
      }
    }
    const [accounts] = await call([["eth_accounts", []]]);
    const to = accounts[0];
    const send = async () => {
      for (let at = 0; at < count; at += 50)
        await call(
          Array.from({length: Math.min(50, count - at)}, (_, i) => [
            "eth_sendTransaction",
            [{from: accounts[1 + ((at + i) % (accounts.length - 1))], to, value: VALUE}],
          ]),
        );
    };
    if (!oneBlock) return await taking(send);
    let best = Number.POSITIVE_INFINITY;
    for (let round = 0; round < MINED_BLOCKS; round++) {
      await send();
      best = Math.min(best, await taking(() => call([["evm_mine", []]])));
      const [{transactions}] = await call([["eth_getBlockByNumber", ["latest", false]]]);
      if (transactions.length !== count) throw new Error(`error: the block holds ${transactions.length} of ${count}`);
    }
    return best;
  } finally {
    child.kill("SIGKILL");
  }
}

async function ganache() {
  const provider = require("ganache").provider({logging: {quiet: true}, wallet: {totalAccounts: 100}});
  const accounts = await provider.request({method: "eth_accounts", params: []});
  const start = performance.now();
  for (let i = 0; i < count; i++) {
    const params = [{from: accounts[1 + (i % 99)], to: accounts[0], value: VALUE, gas: "0x5208"}];
    await provider.request({method: "eth_sendTransaction", params});
  }
  const ms = performance.now() - start;
  await provider.disconnect();
  return ms;
}

async function vm() {
  const {createVM, runTx} = require("@ethereumjs/vm");
  const {createLegacyTx} = require("@ethereumjs/tx");
  const {Common, Mainnet, Hardfork} = require("@ethereumjs/common");
  const common = new Common({chain: Mainnet, hardfork: Hardfork.Shanghai});
  const machine = await createVM({common});
  const key = (i) => Uint8Array.from({length: 32}, (_, at) => (at === 31 ? 1 + (i % 200) : 1));
  const to = `0x${"11".repeat(20)}`;
  const signed = Array.from({length: count}, (_, i) =>
    createLegacyTx({nonce: 0n, gasPrice: 10n ** 10n, gasLimit: 21_000n, to, value: 0n}, {common})
      .sign(key(i))
      .serialize(),
  );
  const {createTxFromRLP} = require("@ethereumjs/tx");
  const start = performance.now();
  for (const bytes of signed) {
    const tx = createTxFromRLP(bytes, {common});
    await runTx(machine, {tx, skipBalance: true, skipNonce: true, skipBlockGasLimitValidation: true});
  }
  return performance.now() - start;
}

const ways = {anvil, ganache, vm, "anvil-block": () => anvil({oneBlock: true})};
const ms = await ways[name]();
console.log(JSON.stringify({perSecond: (count * 1_000) / ms}));
process.exit(0);
