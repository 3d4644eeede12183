/**
 * Evaluation on authenticated shares: Beaver's multiplication, one message for each layer of products. Nothing of an
 * output is opened before the MACs of all that was opened on the way were checked: a value moved by e would otherwise
 * tell e times a secret.
 */
import {type Ir, isProduct, type Node, type OperationNode, productNames} from "../../../codecs/quorum/ir.js";
import {add, sub} from "../field/field.js";
import type {Outputs} from "../program/evaluate.js";
import {
  type Authenticated,
  type AuthenticatedTriple,
  addScaled,
  checkOpened,
  constant,
  type Holder,
  type Opened,
} from "./authenticated.js";
import {open} from "./opening.js";
import type {Protocol} from "./protocol.js";

/** What the evaluation starts from, by name. */
export interface AuthenticatedInputs {
  readonly inputs: ReadonlyMap<string, Authenticated>;
  readonly secrets: ReadonlyMap<string, Authenticated>;
  /** Added to the outputs, in their order, before they are opened: only who knows them learns the results. */
  readonly outputMasks?: readonly Authenticated[];
}

/** Triples that one evaluation takes: for each product, and for each of the two checks of MACs. */
export const triplesFor = (ir: Ir): number => productNames(ir).length + 2;

/**
 * @param triples as many as `triplesFor` says
 * @throws RuleError EVALUATION_ABORTED; UnavailableError CUSTODIANS_MISSING below t + 1
 */
export function* evaluateVerified(
  ir: Ir,
  session: Holder,
  given: AuthenticatedInputs,
  triples: readonly AuthenticatedTriple[],
): Protocol<Outputs> {
  const wires = new Map<string, Authenticated>();
  const opened: Opened[] = [];
  let used = 0;
  for (const layer of layersOf(ir)) {
    const products = layer.products.map((node) => ({
      node,
      triple: triples[used++]!,
      operands: operandsOf(node, wires),
    }));
    const masked = products.flatMap(({triple: {a, b}, operands: [x, y]}) => [
      addScaled(x, a, -1n),
      addScaled(y, b, -1n),
    ]);
    const values = yield* open(
      session.party,
      masked.map(({share}) => share),
    );
    for (const [at, value] of values.entries()) opened.push({value, mac: masked[at]!.mac});
    for (const [at, {node, triple, operands}] of products.entries()) {
      const product = productOf(session, triple, {epsilon: values[2 * at]!, delta: values[2 * at + 1]!});
      wires.set(node.id, node.type === "mux" ? addScaled(product, operands[2]!, 1n) : product);
    }
    for (const node of layer.linear) wires.set(node.id, linearOf(node, session, given, wires));
  }
  yield* checkOpened(session, opened, triples[used++]!);
  const results = ir.outputs.map((name, at) => {
    const mask = given.outputMasks?.[at];
    return mask ? addScaled(wires.get(name)!, mask, 1n) : wires.get(name)!;
  });
  const shown = yield* open(
    session.party,
    results.map(({share}) => share),
  );
  yield* checkOpened(
    session,
    shown.map((value, at) => ({value, mac: results[at]!.mac})),
    triples[used]!,
  );
  return new Map(ir.outputs.map((name, at) => [name, shown[at]!]));
}

interface Layer {
  readonly products: OperationNode[];
  /** In order, after the products. */
  readonly linear: Node[];
}

/** Nodes by how many products lie below them. */
export function layersOf({nodes}: Ir): readonly Layer[] {
  const depths = new Map<string, number>();
  const layers: Layer[] = [];
  for (const node of nodes) {
    const below = "inputs" in node ? Math.max(...node.inputs.map((name) => depths.get(name)!)) : 0;
    const depth = isProduct(node) ? below + 1 : below;
    depths.set(node.id, depth);
    while (layers.length <= depth) layers.push({products: [], linear: []});
    if (isProduct(node)) layers[depth]!.products.push(node);
    else layers[depth]!.linear.push(node);
  }
  return layers;
}

type Operands = readonly [Authenticated, Authenticated, Authenticated?];

/** Both factors, and for a mux what is added to the product: s(a - b) + b. */
function operandsOf({type, inputs}: OperationNode, wires: ReadonlyMap<string, Authenticated>): Operands {
  const [a, b, c] = inputs.map((name) => wires.get(name)!);
  return type === "mux" ? [a!, addScaled(b!, c!, -1n), c!] : [a!, b!];
}

function productOf(
  session: Holder,
  {a, b, c}: AuthenticatedTriple,
  {epsilon, delta}: {epsilon: bigint; delta: bigint},
): Authenticated {
  const sum = addScaled(addScaled(c, b, epsilon), a, delta);
  return addScaled(sum, constant(session, epsilon * delta), 1n);
}

function linearOf(
  node: Node,
  session: Holder,
  {inputs, secrets}: AuthenticatedInputs,
  wires: ReadonlyMap<string, Authenticated>,
): Authenticated {
  if (node.type === "input") return inputs.get(node.id)!;
  if (node.type === "secret") return secrets.get(node.id)!;
  if (node.type === "const") return constant(session, node.value);
  const [a, b] = node.inputs.map((name) => wires.get(name)!);
  if (node.type === "neg") return {share: sub(0n, a!.share), mac: add(0n, -a!.mac)};
  return addScaled(a!, b!, node.type === "add" ? 1n : -1n);
}
