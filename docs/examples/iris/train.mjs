/**
 * Trains the network of this example on iris.csv and prints it as the model that `qsdm quorum network` reads:
 *
 *   node train.mjs > model.json
 *
 * Lengths are in millimetres, species from 0. Every fifth plant is kept out of training; what is right of those goes to
 * standard error. Gradient descent over all plants at once, from a fixed seed, so the same model comes out each time.
 */
import {readFileSync} from "node:fs";

const SIZES = [4, 16, 8, 3];
const STEPS = 3_000;
const RATE = 0.05;
const MOMENTUM = 0.9;
const DECAY = 0.003;

const [header, ...lines] = readFileSync(new URL("iris.csv", import.meta.url), "utf8").trim().split("\n");
const plants = lines.map((line) => line.split(",").map(Number)).map((row) => ({x: row.slice(0, 4), species: row[4]}));
const learnt = plants.filter((_, at) => at % 5 !== 4);
const kept = plants.filter((_, at) => at % 5 === 4);

const average = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
const means = learnt[0].x.map((_, at) => average(learnt.map(({x}) => x[at])));
const spreads = means.map((mean, at) => Math.sqrt(average(learnt.map(({x}) => (x[at] - mean) ** 2))));
const standard = (x) => x.map((value, at) => (value - means[at]) / spreads[at]);

// A generator of 32 bits (mulberry32): the model must not depend on the machine.
let seed = 1936;
const random = () => {
  seed = (seed + 0x6d2b79f5) | 0;
  let mixed = Math.imul(seed ^ (seed >>> 15), seed | 1);
  mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
};
const layers = SIZES.slice(1).map((rows, at) => {
  const reach = Math.sqrt(6 / SIZES[at]);
  const weights = Array.from({length: rows}, () => Array.from({length: SIZES[at]}, () => (2 * random() - 1) * reach));
  return {weights, bias: new Array(rows).fill(0)};
});

/** Values of every layer, the input first. */
const forward = (x) => {
  const values = [x];
  for (const [at, {weights, bias}] of layers.entries()) {
    const sums = weights.map((row, to) => row.reduce((sum, weight, from) => sum + weight * values[at][from], bias[to]));
    values.push(at === layers.length - 1 ? sums : sums.map((sum) => Math.max(0, sum)));
  }
  return values;
};
const softmax = (logits) => {
  const top = Math.max(...logits);
  const powers = logits.map((logit) => Math.exp(logit - top));
  const sum = powers.reduce((total, power) => total + power, 0);
  return powers.map((power) => power / sum);
};
const zeros = () => layers.map(({weights, bias}) => ({weights: weights.map((row) => row.map(() => 0)), bias: bias.map(() => 0)}));

const speed = zeros();
for (let step = 0; step < STEPS; step++) {
  const slope = zeros();
  for (const {x, species} of learnt) {
    const values = forward(standard(x));
    let error = softmax(values.at(-1)).map((share, at) => share - (at === species ? 1 : 0));
    for (let at = layers.length - 1; at >= 0; at--) {
      for (const [to, each] of error.entries()) {
        slope[at].bias[to] += each / learnt.length;
        for (const [from, value] of values[at].entries()) slope[at].weights[to][from] += (each * value) / learnt.length;
      }
      error = values[at].map((value, from) =>
        at > 0 && value <= 0 ? 0 : error.reduce((sum, each, to) => sum + each * layers[at].weights[to][from], 0),
      );
    }
  }
  for (const [at, {weights, bias}] of layers.entries())
    for (const [to, row] of weights.entries()) {
      speed[at].bias[to] = MOMENTUM * speed[at].bias[to] - RATE * slope[at].bias[to];
      bias[to] += speed[at].bias[to];
      for (const from of row.keys()) {
        speed[at].weights[to][from] =
          MOMENTUM * speed[at].weights[to][from] - RATE * (slope[at].weights[to][from] + DECAY * row[from]);
        row[from] += speed[at].weights[to][from];
      }
    }
}

const right = kept.filter(({x, species}) => {
  const logits = forward(standard(x)).at(-1);
  return logits.indexOf(Math.max(...logits)) === species;
});
console.error(`right for ${right.length} of ${kept.length} plants that it has not seen`);

// Millimetres instead of standardized lengths: the first layer takes the means and spreads in.
const [first, ...others] = layers;
const unscaled = {
  weights: first.weights.map((row) => row.map((weight, at) => weight / spreads[at])),
  bias: first.bias.map((bias, to) => first.weights[to].reduce((sum, w, at) => sum - (w * means[at]) / spreads[at], bias)),
};
const rounded = (values) => values.map((value) => Number(value.toFixed(6)));
const model = {
  inputs: header.split(",").slice(0, 4),
  layers: [unscaled, ...others].map(({weights, bias}, at) => ({
    weights: weights.map(rounded),
    bias: rounded(bias),
    activation: at === layers.length - 1 ? "none" : "relu",
  })),
  output: "argmax",
};
const text = JSON.stringify(model, null, 1);
// A row of weights on a line.
console.log(text.replace(/\[[^[\]{}]*\]/g, (list) => list.replace(/\s+/g, " ")));
