/** Governance payloads. */
import {hexOf} from "../../../src/codecs/bytes.js";
import {checkGovernanceAdmission} from "../../../src/codecs/governance/admission.js";
import {
  authorityThreshold,
  GOVERNED_PARAMETERS,
  MAX_ACTIVATION_DELAY_BLOCKS,
} from "../../../src/codecs/governance/parameters.js";
import {authoritySet, paramSet, peekGovernanceKind} from "../../../src/codecs/governance/payloads.js";
import {type Adapters, byOperation, type Input} from "../case.js";
import {OK} from "./shapes.js";
import {transactionOf} from "./slashing.js";

const common = (input: Input) => ({
  kind: input.text("kind"),
  effectiveHeight: input.big("effective_height"),
  memo: input.text("memo"),
});

export const governanceAdapters: Adapters = {
  "governance.chainparams: payload codecs used by gov-helper": byOperation({
    encode_param_set(input) {
      const payload = input.object("payload");
      const value = {...common(payload), param: payload.text("param"), value: payload.big("value")};
      return {payload_hex: hexOf(paramSet.encode(value))};
    },
    encode_authority_set(input) {
      const payload = input.object("payload");
      const value = {...common(payload), op: payload.text("op"), address: payload.text("address")};
      return {payload_hex: hexOf(authoritySet.encode(value))};
    },
    peek_kind: (input) => ({kind: peekGovernanceKind(input.bytes("raw_hex"))}),
    parse_param_set(input) {
      const {kind, param, value, effectiveHeight, memo} = paramSet.readCompat(input.bytes("raw_hex"));
      return {payload: {kind, param, value: String(value), effective_height: String(effectiveHeight), memo}};
    },
    admission(input) {
      checkGovernanceAdmission(transactionOf(input));
      return OK;
    },
    authority_threshold: (input) => ({threshold: authorityThreshold(input.number("n"))}),
    registry: () => ({
      max_activation_delay: String(MAX_ACTIVATION_DELAY_BLOCKS),
      params: GOVERNED_PARAMETERS.map(({min, max, default: initial, ...rest}) => ({
        ...rest,
        min: String(min),
        max: String(max),
        default: String(initial),
      })),
    }),
  }),
};
