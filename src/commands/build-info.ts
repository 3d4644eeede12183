import {nativePathName} from "../node/compute/native/addon.js";

/** What the build wrote into the bundle. */
declare const QSDM_VERSION: string | undefined;
declare const QSDM_COMMIT: string | undefined;

/** Package version; `0.0.0-source` when run without a build. */
export const VERSION: string = typeof QSDM_VERSION === "string" ? QSDM_VERSION : "0.0.0-source";
/** Git commit, 40 hex digits; empty when the build was not made in a checkout. */
export const COMMIT: string = typeof QSDM_COMMIT === "string" ? QSDM_COMMIT : "";
/** Version of the mining protocol that this program speaks. */
export const PROTOCOL_VERSION = 2;

/** What the program is: shown one value per line, in this order. */
export const versionInfo = () => ({
  name: "qsdm",
  version: VERSION,
  commit: COMMIT === "" ? null : COMMIT,
  protocol_version: PROTOCOL_VERSION,
  /** Instruction set that the native addon uses; `none` where there is no addon, or it is turned off. */
  native_backend: nativePathName() ?? "none",
});

/** `versionInfo()` as records. */
export const versionFields = (): [string | number | null][] => Object.values(versionInfo()).map((value) => [value]);

/** What `qsdm --version` prints. */
export const versionText = (): string =>
  versionFields()
    .map(([value]) => `${value ?? "-"}\n`)
    .join("");
