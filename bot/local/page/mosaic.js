// Albums as a mosaic: rows of photos that fill the width, each photo about as wide as its shape asks.

const NARROWEST = 0.66;
const WIDEST = 1.9;
const LONGEST_ROW = 3;

/**
 * Split photos into rows.
 *
 * All ways of breaking the sequence are tried (at most 2^9); the one whose rows come nearest to equal heights wins.
 *
 * @param {number[]} ratios width / height of each photo, in order
 * @returns {number[][]} the bounded ratios, row by row
 */
export function mosaicRows(ratios) {
  const bounded = ratios.map((ratio) => Math.min(WIDEST, Math.max(NARROWEST, ratio || 1)));
  const target = bounded.length <= 4 ? 0.55 : 0.42;
  let best = null;
  const extend = (start, rows, cost) => {
    if (best && cost >= best.cost) return;
    if (start === bounded.length) {
      best = { rows, cost };
      return;
    }
    for (let length = 1; length <= LONGEST_ROW && start + length <= bounded.length; length++) {
      const row = bounded.slice(start, start + length);
      const height = 1 / row.reduce((sum, ratio) => sum + ratio, 0);
      extend(start + length, [...rows, row], cost + (height - target) ** 2 + (length === 1 ? 0.01 : 0));
    }
  };
  extend(0, [], 0);
  return best.rows;
}
