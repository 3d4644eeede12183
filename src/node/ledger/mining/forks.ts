/** Which mix the walk uses at a height. The fork height is a governed parameter, so the state says it. */
import {U64_MAX} from "../../../codecs/amount.js";
import {TENSOR_FORK_HEIGHT} from "../../../codecs/governance/parameters.js";
import type {State} from "../state/state.js";
import {params} from "../state/stores.js";
import {isForked} from "./epoch.js";
import type {MixVersion} from "./walk.js";

/** For a proof that quotes the header at `height`. */
export const mixVersionAt = (state: State, height: bigint): MixVersion =>
  isForked(height, state.get(params, TENSOR_FORK_HEIGHT)?.value ?? U64_MAX) ? 2 : 1;
