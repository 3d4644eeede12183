/** `pacemaker.json` and `timeout-certificates.json` of QBIND: views that take too long, through the step that our nodes run. */
import {type PacemakerOptions, timeoutMs} from "../../../src/node/consensus/hotstuff/pacemaker.js";
import {type Adapters, Input, type Output} from "../case.js";
import {blockIdOf, GENESIS_CERTIFICATE, Node, SIGNATURE, Validators} from "./qbind-validators.js";
import {verdictOn} from "./quorum-leader.js";

const equals = (count: number): Validators =>
  new Validators(Array.from({length: count}, (_, i) => new Input({id: i + 1, votingPower: 1})));

const optionsOf = (input: Input): PacemakerOptions => ({
  baseMs: input.number("baseMs"),
  multiplier: input.number("multiplier"),
  maxMs: input.number("maxMs"),
});

/** The reference's views begin with 0, ours with 1. */
const FIRST = 1n;

function pacemaker(input: Input): Output {
  const options = optionsOf(input);
  if (input.has("consecutive"))
    return {timeoutMs: input.list("consecutive").map((failures) => timeoutMs(Number(failures), options))};
  const validators = equals(4);
  const node = new Node({...validators.begin(), self: 0, started: true});
  const afterEach = input.objects("events").map((event): Output => {
    const op = event.text("op");
    const arg = event.big("arg");
    let shown = op === "qc" ? "-" : "None";
    if (op === "tick") {
      // As the driver does it: the step hears of a view once its time has run out, and is told of it once.
      const {view, failures, safety} = node.state;
      if (Number(arg) >= timeoutMs(failures, options) && safety.timeoutView < view) {
        const gaveUp = node.take({type: "expired", view}).some(({type}) => type === "give-up");
        if (gaveUp) shown = `Timeout { view: ${view - FIRST} }`;
      }
    } else if (op === "tc") {
      // Named by the view that it leads to.
      node.take({type: "timeouts", certificate: validators.giveUp(arg - 1n + FIRST, GENESIS_CERTIFICATE)});
      shown = `NewView { view: ${node.state.view - FIRST} }`;
    } else node.take({type: "certificate", certificate: validators.certify(blockIdOf("Q"), 1n, arg + FIRST)});
    const {view, failures, safety} = node.state;
    return {
      event: shown,
      consecutiveTimeouts: failures,
      currentTimeoutMs: timeoutMs(failures, options),
      currentView: Number(view - FIRST),
      timeoutEmitted: safety.timeoutView === view,
    };
  });
  return {afterEach};
}

function timeoutCertificates(input: Input): Output {
  if (input.has("signers")) {
    const {committee} = equals(input.number("validators"));
    const signers = input.list("signers").map((id) => Math.min(Number(id) - 1, committee.size));
    return verdictOn(signers, committee);
  }
  const validators = new Validators(input.objects("validators"));
  const messages = input.objects("messages");
  const node = new Node({...validators.begin(), view: messages[0]!.big("view")});
  return {afterEach: messages.map((message) => after(message, node, validators))};
}

function after(message: Input, node: Node, validators: Validators): Output {
  const high = message.has("highQc") ? message.object("highQc") : null;
  // A message that counts names a certificate, which has to hold: everybody signed it.
  const highCertificate = high
    ? validators.certify(high.text("blockId"), high.big("view"), high.big("view"))
    : GENESIS_CERTIFICATE;
  const view = message.big("view");
  const validator = validators.placeOf(message.number("validatorId"));
  const refused = node
    .take({
      type: "timeout",
      timeout: {epoch: 0n, view, highCertificate, entered: null, validator, signature: SIGNATURE},
    })
    .find((effect) => effect.type === "refused");
  const {entered} = node.state;
  const highQcView = Number(entered?.highCertificate.view);
  const tc = entered && {
    highQcView: highQcView === 0 ? null : highQcView,
    signers: entered.timeouts.map((each) => validators.idOf(each.validator)),
    targetView: Number(node.state.view),
    timeoutView: Number(entered.view),
  };
  if (refused?.verdict === "reject") return {accepted: null, error: "NonMemberSigner", tc};
  return {accepted: refused === undefined, error: null, tc};
}

export const pacemakerAdapters: Adapters = {pacemaker, "timeout-certificates": timeoutCertificates};
