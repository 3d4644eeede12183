/** What a picture shows: one quantity over heights in each panel. Pictures are read by eye, so numbers are doubles here. */

export interface Point {
  readonly height: number;
  readonly value: number;
}

export interface Panel {
  readonly title: string;
  /** In order of height. */
  readonly points: readonly Point[];
}

/** At most `count` points: of each stretch the highest, so that no peak is lost. */
export function thinned(points: readonly Point[], count: number): readonly Point[] {
  if (points.length <= count) return points;
  return Array.from({length: count}, (_, i) => {
    const start = Math.floor((i * points.length) / count);
    const end = Math.floor(((i + 1) * points.length) / count);
    return points.slice(start, end).reduce((high, each) => (each.value > high.value ? each : high));
  });
}

/** From which height to which; null where there is nothing. */
export function spanOf({points}: Panel): readonly [number, number] | null {
  const [first, last] = [points[0], points.at(-1)];
  return first && last ? [first.height, last.height] : null;
}

/** Of values that may all be one. */
export function domainOf(points: readonly Point[]): [number, number] {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const {value} of points) [low, high] = [Math.min(low, value), Math.max(high, value)];
  if (low < high) return [low, high];
  // Nothing here is ever below 0. A flat line lies in the middle of something.
  return low === 0 ? [0, 1] : [low * 0.9, low * 1.1];
}
