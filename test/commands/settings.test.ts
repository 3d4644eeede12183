import {expect, test} from "vitest";
import {utf8} from "../../src/codecs/bytes.js";
import {loadSettings, parseConfig, SETTINGS} from "../../src/commands/settings.js";
import {memoryHost} from "./memory-host.js";

const DEFAULT_FILE = "/home/u/.config/qsdm/config.toml";
const code = (expected: string) => expect.objectContaining({code: expected, exitCode: 2});

test("without anything said, every value is the default", async () => {
  const settings = await loadSettings(memoryHost(), {});
  expect(settings).toEqual({
    api_url: {value: "http://127.0.0.1:8080/api/v1", origin: "default"},
    timeout: {value: "30s", origin: "default"},
    keystore: {value: "/home/u/.qsdm/wallet.json", origin: "default"},
    passphrase_file: {value: null, origin: "default"},
    data_dir: {value: "/home/u/.qsdm/node", origin: "default"},
    store_passphrase_file: {value: null, origin: "default"},
    dag_dir: {value: "/home/u/.cache/qsdm/dag", origin: "default"},
    listen: {value: null, origin: "default"},
    peers: {value: null, origin: "default"},
    bootstrap: {value: null, origin: "default"},
    mining_table: {value: "light", origin: "default"},
    table_memory: {value: "auto", origin: "default"},
    execution_check: {value: "sampled", origin: "default"},
    retain_blocks: {value: "all", origin: "default"},
    retain_days: {value: "0", origin: "default"},
    snapshot_interval: {value: "off", origin: "default"},
    snapshots_kept: {value: "5", origin: "default"},
    store_cache_mib: {value: "128", origin: "default"},
    fast_sync: {value: "off", origin: "default"},
    verify_on: {value: "cpu", origin: "default"},
    store: {value: "sqlite", origin: "default"},
    cql_contact_points: {value: null, origin: "default"},
    cql_datacenter: {value: "datacenter1", origin: "default"},
    cql_keyspace: {value: "qsdm", origin: "default"},
    cql_consistency: {value: "local-quorum", origin: "default"},
    cql_username: {value: null, origin: "default"},
    cql_password_file: {value: null, origin: "default"},
    cql_tls: {value: "on", origin: "default"},
    cql_ca_file: {value: null, origin: "default"},
    cql_tls_name: {value: null, origin: "default"},
  });
});

test("a flag beats the environment, which beats the file, for every key", async () => {
  const names = Object.keys(SETTINGS) as (keyof typeof SETTINGS)[];
  const valueFor = (name: string, place: string) => {
    if (name === "api_url") return `http://${place}/`;
    if (name === "mining_table") return place === "file" ? "full" : "light";
    if (name === "store") return place === "file" ? "cql" : "sqlite";
    if (name === "fast_sync") return place === "file" ? "off" : "on";
    if (name === "cql_tls") return place === "file" ? "off" : "on";
    if (name === "cql_consistency") return place === "file" ? "one" : "all";
    if (name === "cql_keyspace") return place;
    if (name === "execution_check") return place === "file" ? "off" : "always";
    if (name === "verify_on") return place === "file" ? "cuda" : "cuda:1";
    if (name === "table_memory") return place === "file" ? "mapped" : "copied";
    if (name.startsWith("retain_")) return String(10_000 + place.length);
    if (name.startsWith("snapshot")) return String(10 + place.length);
    if (name.startsWith("retain_") || name === "store_cache_mib") return String(10_000 + place.length);
    return name === "timeout" ? `${place.length}s` : `/${place}`;
  };
  for (const name of names) {
    const files = {[DEFAULT_FILE]: `${name} = "${valueFor(name, "file")}"`};
    const env = {[SETTINGS[name].env]: valueFor(name, "environ")};
    const flags = {[name]: valueFor(name, "fl")};
    const settled = async (host: Parameters<typeof loadSettings>[0], given = {}) =>
      (await loadSettings(host, given))[name];
    expect(await settled(memoryHost({files}))).toEqual({value: valueFor(name, "file"), origin: `file ${DEFAULT_FILE}`});
    expect((await settled(memoryHost({files, env}))).origin).toBe(`environment ${SETTINGS[name].env}`);
    expect(await settled(memoryHost({files, env}), flags)).toEqual({
      value: valueFor(name, "fl"),
      origin: `flag --${name.replaceAll("_", "-")}`,
    });
  }
});

test("a number can stand in the file as one", async () => {
  const settled = (text: string) => loadSettings(memoryHost({files: {[DEFAULT_FILE]: text}}), {});
  expect((await settled("retain_blocks = 20000")).retain_blocks.value).toBe("20000");
  await expect(settled("retain_blocks = 0.5")).rejects.toMatchObject({code: "CONFIG_INVALID"});
});

test("memory for the store is a number of mebibytes, and not next to none", async () => {
  const cache = async (given: string) =>
    (await loadSettings(memoryHost(), {store_cache_mib: given})).store_cache_mib.value;
  for (const fine of ["16", "20", "128", "65536"]) expect(await cache(fine)).toBe(fine);
  for (const bad of ["0", "15", "016", "-1", "1e3", "1000000"])
    await expect(cache(bad)).rejects.toMatchObject({code: "SETTING_INVALID"});
});

test("the file is at --config, then QSDM_CONFIG, then under XDG_CONFIG_HOME", async () => {
  const files = {"/a": 'timeout = "1s"', "/b": 'timeout = "2s"', "/x/qsdm/config.toml": 'timeout = "3s"'};
  const env = {QSDM_CONFIG: "/b", XDG_CONFIG_HOME: "/x"};
  const {XDG_CONFIG_HOME} = env;
  expect((await loadSettings(memoryHost({files, env}), {config: "/a"})).timeout.value).toBe("1s");
  expect((await loadSettings(memoryHost({files, env}), {})).timeout.value).toBe("2s");
  expect((await loadSettings(memoryHost({files, env: {XDG_CONFIG_HOME}}), {})).timeout.value).toBe("3s");
});

test("a file that was named must exist", async () => {
  await expect(loadSettings(memoryHost(), {config: "/none"})).rejects.toThrow(code("FILE_NOT_FOUND"));
});

test("paths in the file start at the file, and ~ is home", async () => {
  const files = {"/etc/q/c.toml": 'keystore = "w.json"\ndata_dir = "~/d"'};
  const {keystore, data_dir} = await loadSettings(memoryHost({files}), {config: "/etc/q/c.toml"});
  expect([keystore.value, data_dir.value]).toEqual(["/etc/q/w.json", "/home/u/d"]);
});

test("unknown keys, wrong types, wrong values and other languages are refused", () => {
  const parse = (text: string) => () => parseConfig(utf8(text), "c.toml");
  expect(parse('api_ulr = "x"')).toThrow(code("CONFIG_KEY_UNKNOWN"));
  expect(parse("[api]\nurl = 1")).toThrow(code("CONFIG_KEY_UNKNOWN"));
  expect(parse("timeout = 30")).toThrow(code("CONFIG_INVALID"));
  expect(parse('timeout = "30"')).toThrow(code("CONFIG_INVALID"));
  expect(parse('api_url = "ftp://x"')).toThrow(code("CONFIG_INVALID"));
  expect(parse('keystore = ""')).toThrow(code("CONFIG_INVALID"));
  expect(parse("{}")).toThrow(code("CONFIG_INVALID"));
  expect(() => parseConfig(Uint8Array.of(0xff), "c.toml")).toThrow(code("CONFIG_INVALID"));
});

test("wrong values of flags and variables name their place", async () => {
  const env = {QSDM_API_URL: "localhost"};
  await expect(loadSettings(memoryHost({env}), {})).rejects.toThrow(/QSDM_API_URL "localhost" must be/);
  await expect(loadSettings(memoryHost(), {timeout: "fast"})).rejects.toThrow(/--timeout "fast" must be/);
});

test("an empty variable counts as unset", async () => {
  expect((await loadSettings(memoryHost({env: {QSDM_TIMEOUT: ""}}), {})).timeout.origin).toBe("default");
});
