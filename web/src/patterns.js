import { colour } from './theme.js';
import { el } from './dom.js';

// What "used" and "not used" look like besides their colour: plain, dots, stripes, a grid.
const strokes = {
  used: () => {},
  unknown: (context, size) => {
    context.beginPath();
    context.arc(size / 4, size / 4, size / 11, 0, 7);
    context.arc(size * 0.75, size * 0.75, size / 11, 0, 7);
    context.fill();
  },
  not_since_init: (context, size) => {
    context.beginPath();
    for (const x of [-size, 0, size]) { context.moveTo(x, size); context.lineTo(x + size, 0); }
    context.stroke();
  },
  never: (context, size) => {
    context.beginPath();
    for (const x of [-size / 2, 0, size / 2, size]) {
      context.moveTo(x, size); context.lineTo(x + size, 0);
      context.moveTo(x, 0); context.lineTo(x + size, size);
    }
    context.stroke();
  },
};

/** A fill for the answer to "is it used?" on a canvas: colour and pattern. */
export function useFill(target, use, ratio) {
  const size = 8 * Math.max(1, Math.round(ratio));
  const tile = document.createElement('canvas');
  tile.width = tile.height = size;
  const context = tile.getContext('2d');
  context.fillStyle = colour('use-' + use);
  context.fillRect(0, 0, size, size);
  context.strokeStyle = context.fillStyle = colour('use-' + use + '-line');
  context.lineWidth = size / 9;
  strokes[use](context, size);
  const pattern = target.createPattern(tile, 'repeat');
  pattern.setTransform(new DOMMatrix().scale(1 / Math.max(1, Math.round(ratio))));
  return pattern;
}

/** The same as a small piece of page; styles.css has the patterns. */
export const useSwatch = use => el('span', { class: 'swatch use-' + use, 'aria-hidden': 'true' });
