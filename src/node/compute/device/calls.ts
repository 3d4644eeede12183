/** What a thread asks of the thread that owns a device. */
import type {MessagePort} from "node:worker_threads";
import type {MixVersion} from "../../ledger/mining/walk.js";

/** Who computes on the device. */
export type DeviceKind = "gpujs" | "webgpu";

export interface DeviceSetup {
  readonly kind: DeviceKind;
  readonly port: MessagePort;
  /** Set to 1 with each answer. */
  readonly answered: Int32Array<SharedArrayBuffer>;
}

export interface DeviceCalls {
  /** Lets go of the device; no call follows. */
  close: {readonly of: null; readonly gives: null};
  /** SHA3-256 of padded blocks of 136 bytes: digests of 32 bytes. */
  hash: {readonly of: Uint8Array; readonly gives: Uint8Array};
  /** Takes a table over, for the calls below. */
  table: {readonly of: Uint8Array; readonly gives: null};
  /** Mix digests of starts of 48 bytes. */
  walk: {readonly of: {readonly starts: Uint8Array; readonly mix: MixVersion}; readonly gives: Uint8Array};
  /** Number of the first attempt whose hash is at most `limit`, from 0, or null. */
  search: {readonly of: DeviceSearch; readonly gives: number | null};
}

export interface DeviceSearch {
  /** Header hash and batch root. */
  readonly fixed: Uint8Array;
  /** Big-endian. */
  readonly limit: Uint8Array;
  readonly start: Uint8Array;
  readonly attempts: number;
  readonly mix: MixVersion;
}

/** What the owner of a device can do; gpu.js hashes and nothing else. */
export type DeviceEngine = {
  readonly detail: string;
  /** Whether the device is the processor in disguise. */
  readonly software: boolean;
  /** Hashes or attempts that it takes at a time. */
  readonly batch: number;
} & {[Name in keyof DeviceCalls]?: (of: DeviceCalls[Name]["of"]) => Promise<DeviceCalls[Name]["gives"]>};

export type DeviceCall = {
  [Name in keyof DeviceCalls]: {readonly call: Name; readonly of: DeviceCalls[Name]["of"]};
}[keyof DeviceCalls];
export type DeviceAnswer = {readonly gives: unknown} | {readonly failed: string};

/** The first message of the owner, before any call. */
export type DeviceGreeting =
  | Pick<DeviceEngine, "detail" | "software" | "batch">
  /** Why there is no device to use: code, message and hint of an error. */
  | {readonly code: string; readonly message: string; readonly hint: string | undefined};
