/**
 * The one way in which GPU ids are compared: by simple case folding, as attestation always did. QSDM compared exactly
 * when enrolling, so that one card could be enrolled twice (Q33).
 */
import {lowerSimple} from "./architecture.js";

/** Equal for ids of one GPU. Besides the letters, U+017F folds to s and U+212A to k. */
export const foldGpuId = (gpuUuid: string): string =>
  lowerSimple(gpuUuid.replaceAll("\u017f", "s").replaceAll("\u212a", "k"));
