/** What the ancestors' chains started from and kept: accounts and their root, the ceremony, stored records. */
import {DUST_PER_CELL} from "../../../src/codecs/amount.js";
import {hexOf, utf8} from "../../../src/codecs/bytes.js";
import {cellOfDust} from "../../../src/codecs/envelopes/amount.js";
import {genesisFileHash, parseGenesisFileHash, storedRecord, sumOf} from "../../../src/codecs/qbind/storage.js";
import {ceremonyBundle, checkCeremony} from "../../../src/codecs/qsdm-chain/ceremony.js";
import {compositeRoot, dustRoot, floatRoot, flooredDust, migrated} from "../../../src/codecs/qsdm-chain/state-root.js";
import {DecodeError, RuleError} from "../../../src/errors.js";
import {accountAt, credit, debit} from "../../../src/node/ledger/monetary/supply.js";
import {State} from "../../../src/node/ledger/state/state.js";
import {accounts} from "../../../src/node/ledger/state/stores.js";
import {type Adapters, byKind, byOperation, type Input, type Json, type Output} from "../case.js";
import {checkRecorded} from "./ancestor-ledger.js";

const rowsOf = (state: State) => [...state.keys(accounts)].map((address) => ({address, ...accountAt(state, address)}));

/** Why the reference refuses a payment; the order of the checks is its own. */
function refusalOf(state: State, op: Input, spentDust: bigint): string | null {
  const sender = op.text("sender");
  if (!state.has(accounts, sender)) return "unknown_sender";
  if (accountAt(state, sender).nonce !== op.big("nonce")) return "nonce_mismatch";
  try {
    debit(state.fork(), sender, spentDust);
    return null;
  } catch (error) {
    if (error instanceof RuleError) return "insufficient_balance";
    throw error;
  }
}

/** Dust of a double that is not floored: the nearest. */
const nearestDust = (cell: number): bigint => BigInt(Math.round(cell * Number(DUST_PER_CELL)));

function pay(state: State, op: Input, dustOf: (cell: number) => bigint): string | null {
  const [amountDust, feeDust] = [dustOf(op.number("amount")), dustOf(op.number("fee"))];
  const [sender, recipient] = [op.text("sender"), op.text("recipient")];
  const refusal = refusalOf(state, op, amountDust + feeDust);
  if (refusal !== null) return refusal;
  debit(state, sender, amountDust + feeDust);
  state.put(accounts, sender, {...accountAt(state, sender), nonce: op.big("nonce") + 1n});
  if (!state.has(accounts, recipient)) state.put(accounts, recipient, accountAt(state, recipient));
  credit(state, recipient, amountDust);
  return null;
}

function transfers(input: Input): Output {
  const state = new State().fork();
  const inDust = input.text("accounting") === "dust";
  const dustOf = inDust ? (cell: number) => flooredDust(cell)! : nearestDust;
  const genesis = input.object("genesis");
  for (const address of Object.keys(genesis.json))
    state.put(accounts, address, {balanceDust: dustOf(genesis.number(address)), nonce: 0n});
  for (const op of input.objects("ops")) {
    const error = pay(state, op, dustOf);
    // Roots over doubles are those of balances that have drifted.
    checkRecorded(op, {ok: error === null, error, ...(inDust ? {state_root: dustRoot(rowsOf(state))} : {})});
  }
  return {
    accounts: rowsOf(state).map(({address, balanceDust, nonce}): Output => {
      const both = {address, balance: cellOfDust(balanceDust), nonce: Number(nonce)};
      return inDust && balanceDust > 0n ? {...both, balance_dust: `${balanceDust}`} : both;
    }),
  };
}

function accountRoot(input: Input): Output {
  const given = input.objects("accounts").map((each) => ({
    address: each.text("address"),
    balance: each.number("balance"),
    nonce: each.big("nonce"),
  }));
  const inDust = migrated(given);
  const always = {float_root: floatRoot(given), migration_ok: inDust !== null};
  if (inDust === null) return always;
  return {
    ...always,
    // An empty list of Go's is null.
    dust_accounts:
      inDust.length === 0 ? null : inDust.map(({address, balanceDust}) => ({address, balance_dust: `${balanceDust}`})),
    dust_root: dustRoot(inDust),
    migration_dropped_dust: "0",
  };
}

const storeOf = (input: Input, name: string) => ({
  count: input.number(`${name}_count`),
  root: input.text(`${name}_root`),
});

/** What `work` gives, or null where it refuses. */
function orNull<T>(work: () => T): T | null {
  try {
    return work();
  } catch (error) {
    if (error instanceof DecodeError) return null;
    throw error;
  }
}

export const oldStateAdapters: Adapters = {
  "account transfers: nonce, balance, fee burn, float vs dust accounting": byKind({transfer_sequence: transfers}),
  "account state root (legacy float and integer-dust) and composite state root": byKind({
    account_root: accountRoot,
    composite_root: (input) => ({
      root: compositeRoot(input.text("account_root"), {
        tasks: storeOf(input, "task"),
        streams: storeOf(input, "stream"),
        recovery: storeOf(input, "recovery"),
      }),
    }),
  }),
  "genesis ceremony bundle verification (sha3-256 commit/reveal)": byKind({
    verify(input) {
      const bundle = ceremonyBundle.readCompat(utf8(JSON.stringify(input.object("bundle").json)));
      return {valid: orNull(() => checkCeremony(bundle) ?? true) !== null};
    },
  }),
  "storage-genesis": byOperation(
    {
      wrap(input) {
        const payload = input.bytes("payload");
        return {crc32: hexOf(sumOf(payload)), hex: hexOf(storedRecord.encode(payload))};
      },
      unwrap(input): Output {
        const payload = orNull(() => storedRecord.decode(input.bytes("hex")));
        return payload === null ? {ok: false} : {ok: true, payload: hexOf(payload)};
      },
      genesisHash: (input) => ({hash: genesisFileHash(utf8(input.text("fileText")))}),
      parseGenesisHash(input) {
        const canonical: Json = orNull(() => parseGenesisFileHash(input.text("text")));
        return {canonical, ok: canonical !== null};
      },
    },
    "type",
  ),
};
