import { el, fill, newId, announce, onceAFrame } from './dom.js';
import { colour, onTheme } from './theme.js';

const minPixels = 0.6;
const animationMs = 220;

/**
 * A tree drawn as rows of rectangles on a canvas, callers above callees: icicle and flame graph.
 *
 * Only what is in sight is drawn: rows by scrolling, and of a row what is at least half a pixel wide; children are sorted, so that the rest
 * of a row is one rectangle. For the keyboard and for screen readers it is a tree of which one item at a time exists, the current one.
 *
 * @param options
 *   label        name of the chart for screen readers
 *   name(node)   text in a rectangle
 *   fills(context, ratio) -> paint(node) -> { fill, ink }   colours, worked out anew when they change
 *   detail(node) -> children for the panel below and, shortened, the tooltip
 *   say(node)    one sentence for screen readers
 */
export class PartitionChart {
  constructor(options) {
    this.options = options;
    this.hits = [];
    this.matches = null;
    this.domain = [0, 1];
    this.canvas = el('canvas', { 'aria-hidden': 'true' });
    this.spacer = el('div', { class: 'chart-space' }, this.canvas);
    this.items = [0, 1].map(() => el('div', { role: 'treeitem', id: newId('item') }));
    this.tree = el('div', {
      class: 'chart', role: 'tree', tabindex: '0', 'aria-label': options.label + '. Arrow keys move, Enter zooms in, Backspace zooms out, Escape shows everything.',
    }, el('div', { class: 'sr', role: 'none' }, this.items), this.spacer);
    this.tip = el('div', { class: 'tip', hidden: true, 'aria-hidden': 'true' });
    this.path = el('nav', { class: 'crumbs', 'aria-label': 'Zoomed into' });
    this.panel = el('div', { class: 'chart-detail' });
    this.node = el('div', { class: 'chart-frame' }, this.path, this.tree, this.tip, this.panel);
    this.redraw = onceAFrame(() => this.draw());
    this.listen();
  }

  listen() {
    this.canvas.addEventListener('click', event => {
      const node = this.at(event);
      if (node) this.select(node, { zoom: true });
    });
    this.canvas.addEventListener('pointermove', event => event.pointerType === 'mouse' && this.hover(event));
    this.canvas.addEventListener('pointerleave', () => this.hover(null));
    this.tree.addEventListener('scroll', this.redraw, { passive: true });
    this.tree.addEventListener('keydown', event => this.onKey(event));
    this.tree.addEventListener('focus', () => { this.tree.classList.add('keyed'); this.tell(); this.redraw(); });
    this.tree.addEventListener('blur', () => this.redraw());
    new ResizeObserver(this.redraw).observe(this.tree);
    onTheme(() => { this.paint = null; this.redraw(); });
  }

  /** Shows another tree: a d3 hierarchy laid out by partition over [0, 1]. */
  show(root) {
    this.root = this.focus = this.selected = root;
    this.rows = root.height + 1;
    this.domain = [0, 1];
    this.matches = null;
    this.paint = null;
    this.tree.scrollTop = 0;
    this.tell();
    this.redraw();
  }

  /** Makes the nodes for which `test` is true stand out; null for none. Returns how many, and the share of the whole that they cover. */
  highlight(test) {
    this.matches = null;
    this.matchList = [];
    let covered = 0;
    if (test) {
      this.matches = new Set();
      const pending = [[this.root, false]];
      while (pending.length) {
        const [node, inside] = pending.pop();
        const match = node !== this.root && test(node);
        if (match) {
          this.matches.add(node);
          this.matchList.push(node);
          if (!inside) covered += node.x1 - node.x0;
        }
        for (const child of node.children ?? []) pending.push([child, inside || match]);
      }
      this.matchList.sort((a, b) => b.value - a.value);
    }
    this.matchIndex = -1;
    this.redraw();
    return { count: this.matchList.length, share: covered };
  }

  /** Goes to the next of the highlighted nodes, the largest first. */
  nextMatch(by = 1) {
    if (!this.matchList?.length) return;
    this.matchIndex = (this.matchIndex + by + this.matchList.length) % this.matchList.length;
    this.select(this.matchList[this.matchIndex], { reveal: true });
    announce(`${this.matchIndex + 1} of ${this.matchList.length}: ${this.options.say(this.selected)}`);
  }

  /** Makes a node the current one. `zoom`: fills the width with it; `reveal`: zooms out or in only as far as it takes to see it. */
  select(node, { zoom = false, reveal = false } = {}) {
    this.selected = node;
    if (zoom) this.zoom(node === this.focus && node.parent ? node.parent : node);
    else if (reveal) {
      let around = node;
      while (around.parent && around.x1 - around.x0 < 0.02) around = around.parent;
      const width = this.domain[1] - this.domain[0];
      const visible = node.x0 >= this.domain[0] - 1e-9 && node.x1 <= this.domain[1] + 1e-9;
      if (!visible || (node.x1 - node.x0) / width < 0.02) this.zoom((node.x1 - node.x0) < 0.02 ? node.parent ?? node : around === node ? this.root : around);
    }
    this.scrollTo(node);
    this.tell();
    this.redraw();
  }

  zoom(node) {
    this.focus = node;
    const from = [...this.domain];
    const to = [node.x0, node.x1];
    const start = performance.now();
    this.animation = start;
    const still = matchMedia('(prefers-reduced-motion: reduce)').matches;
    const step = now => {
      if (this.animation !== start) return;
      const t = still ? 1 : Math.min(1, Math.max(0, now - start) / animationMs);
      const eased = 1 - (1 - t) ** 3;
      this.domain = [from[0] + (to[0] - from[0]) * eased, from[1] + (to[1] - from[1]) * eased];
      this.draw();
      if (t < 1) requestAnimationFrame(step);
    };
    requestAnimationFrame(step);
    this.showPath();
  }

  onKey(event) {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const node = this.selected;
    const siblings = node.parent?.children ?? [node];
    const index = siblings.indexOf(node);
    const moves = {
      ArrowDown: () => node.children?.[0], ArrowUp: () => node.parent,
      ArrowRight: () => siblings[index + 1] ?? this.cousin(node, 1), ArrowLeft: () => siblings[index - 1] ?? this.cousin(node, -1),
      Home: () => siblings[0], End: () => siblings.at(-1),
    };
    if (moves[event.key]) {
      const next = moves[event.key]();
      if (next) {
        this.selected = next;
        if (next.x1 <= this.focus.x0 || next.x0 >= this.focus.x1 || this.focus.depth > next.depth) this.zoom(next.parent ?? next);
        this.scrollTo(next);
        this.tell();
        this.redraw();
      }
    } else if (event.key === 'Enter' || event.key === ' ' || event.key === '+') this.select(node, { zoom: node !== this.focus });
    else if (event.key === 'Backspace' || event.key === '-') this.select(this.focus.parent ?? this.root, { zoom: this.focus.parent !== null });
    else if (event.key === 'Escape') this.reset();
    else if (event.key === 'n') this.nextMatch();
    else return;
    event.preventDefault();
  }

  /** The nearest node of the same depth beyond the siblings. */
  cousin(node, by) {
    let up = node.parent;
    while (up?.parent) {
      const around = up.parent.children;
      let index = around.indexOf(up) + by;
      for (; around[index]; index += by) {
        let down = around[index];
        while (down.depth < node.depth && down.children) down = down.children.at(by > 0 ? 0 : -1);
        if (down.depth === node.depth) return down;
      }
      up = up.parent;
    }
    return undefined;
  }

  reset() {
    this.selected = this.root;
    this.zoom(this.root);
    this.tree.scrollTop = 0;
    this.tell();
  }

  scrollTo(node) {
    const top = node.depth * this.rowHeight();
    const height = this.tree.clientHeight;
    if (top < this.tree.scrollTop) this.tree.scrollTop = top;
    else if (top + 2 * this.rowHeight() > this.tree.scrollTop + height) this.tree.scrollTop = top - height + 3 * this.rowHeight();
  }

  /** Keeps the panel and the screen reader's tree item in step with the current node. */
  tell() {
    const node = this.selected;
    if (!node) return;
    fill(this.panel, this.options.detail(node));
    this.items.reverse();
    const [item, other] = this.items;
    const siblings = node.parent?.children ?? [node];
    item.textContent = '';
    fill(item, this.options.say(node));
    item.setAttribute('aria-level', node.depth + 1);
    item.setAttribute('aria-setsize', siblings.length);
    item.setAttribute('aria-posinset', siblings.indexOf(node) + 1);
    item.setAttribute('aria-selected', 'true');
    if (node.children) item.setAttribute('aria-expanded', 'true');
    else item.removeAttribute('aria-expanded');
    item.hidden = false;
    other.hidden = true;
    other.removeAttribute('aria-selected');
    this.tree.setAttribute('aria-activedescendant', item.id);
    this.showPath();
  }

  showPath() {
    const above = this.focus.ancestors().reverse();
    const shown = above.length > 8 ? [...above.slice(0, 2), null, ...above.slice(-5)] : above;
    this.path.hidden = above.length < 2;
    fill(this.path, el('ol', {}, shown.map(node => el('li', {}, node === null ? '…'
      : el('button', { type: 'button', 'aria-current': node === this.focus, on: { click: () => { this.select(node); this.zoom(node); } } }, this.options.name(node))))));
  }

  rowHeight() { return matchMedia('(pointer: coarse)').matches ? 27 : this.fontSize() * 1.75; }

  fontSize() { return Math.max(11, Math.min(19, parseFloat(getComputedStyle(document.documentElement).fontSize) * 0.77)); }

  at(event) {
    const box = this.canvas.getBoundingClientRect();
    const x = event.clientX - box.left;
    const y = event.clientY - box.top;
    for (let i = this.hits.length - 1; i >= 0; i--) {
      const hit = this.hits[i];
      if (x >= hit.x && x < hit.x + Math.max(hit.w, 2) && y >= hit.y && y < hit.y + hit.h) return hit.node;
    }
    return null;
  }

  hover(event) {
    const node = event && this.at(event);
    this.canvas.classList.toggle('pointing', Boolean(node));
    if (node !== this.hovered) {
      this.hovered = node;
      this.redraw();
      this.tip.hidden = !node;
      if (node) fill(this.tip, this.options.detail(node, true));
    }
    if (node) {
      const frame = this.node.getBoundingClientRect();
      const left = Math.min(event.clientX - frame.left + 14, frame.width - this.tip.offsetWidth - 4);
      this.tip.style.left = Math.max(0, left) + 'px';
      const below = event.clientY + 24 + this.tip.offsetHeight < innerHeight;
      this.tip.style.top = event.clientY - frame.top + (below ? 18 : -12 - this.tip.offsetHeight) + 'px';
    }
  }

  draw() {
    const width = this.tree.clientWidth;
    if (!this.root || width === 0) return;
    const row = this.rowHeight();
    const ratio = Math.min(3, devicePixelRatio || 1);
    const whole = this.rows * row;
    const limit = Math.max(200, Math.min(innerHeight * 0.66, 1400));
    const height = Math.ceil(Math.min(whole, limit));
    this.spacer.style.height = Math.ceil(whole) + 'px';
    this.tree.style.height = height + 'px';
    if (this.canvas.width !== Math.round(width * ratio) || this.canvas.height !== Math.round(height * ratio)) {
      this.canvas.width = Math.round(width * ratio);
      this.canvas.height = Math.round(height * ratio);
      this.canvas.style.width = width + 'px';
      this.canvas.style.height = height + 'px';
      this.paint = null;
    }
    const context = this.canvas.getContext('2d');
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, width, height);
    this.paint ??= this.options.fills(context, ratio);
    const font = this.fontSize();
    context.font = `${font}px ${colour('mono')}`;
    context.textBaseline = 'middle';
    const letter = context.measureText('m').width;
    const pen = { context, width, height, row, letter, top: this.tree.scrollTop, rest: colour('rest'), accent: colour('accent'), scale: width / (this.domain[1] - this.domain[0]) };
    this.hits = [];
    const pending = [this.root];
    while (pending.length) {
      const node = pending.pop();
      const y = node.depth * row - pen.top;
      if (y > height) continue;
      this.drawNode(pen, node, y);
      this.addChildren(pen, node, pending);
    }
    this.drawFrame(pen, this.hovered, 1.5);
    this.drawFrame(pen, this.selected, document.activeElement === this.tree ? 3 : 2);
  }

  addChildren(pen, node, pending) {
    let from = null;
    let last = 0;
    for (const child of node.children ?? []) {
      const left = (child.x0 - this.domain[0]) * pen.scale;
      const right = (child.x1 - this.domain[0]) * pen.scale;
      if (right <= 0 || left >= pen.width) continue;
      if (right - left < minPixels) {
        // Children are sorted: all that follow are smaller still.
        from = left;
        last = (node.children.at(-1).x1 - this.domain[0]) * pen.scale;
        break;
      }
      pending.push(child);
    }
    const y = (node.depth + 1) * pen.row - pen.top;
    if (from !== null && y < pen.height && y > -pen.row) {
      pen.context.globalAlpha = this.matches ? 0.35 : 1;
      pen.context.fillStyle = pen.rest;
      pen.context.fillRect(from, y, Math.max(minPixels, last - from), pen.row - 1.5);
      pen.context.globalAlpha = 1;
    }
  }

  drawNode(pen, node, y) {
    if (y < -pen.row) return;
    const { context, row, letter } = pen;
    const left = Math.max(-2, (node.x0 - this.domain[0]) * pen.scale);
    const right = Math.min(pen.width + 2, (node.x1 - this.domain[0]) * pen.scale);
    const w = right - left;
    const { fill: colours, ink } = this.paint(node);
    const match = this.matches?.has(node);
    context.globalAlpha = this.matches && !match ? 0.28 : 1;
    context.fillStyle = colours;
    const gap = w > 3 ? 1 : 0;
    context.fillRect(left, y, Math.max(minPixels, w - gap), row - 1.5);
    this.hits.push({ node, x: left, y, w, h: row });
    const from = Math.max(0, left);
    const room = Math.floor((Math.min(pen.width, right) - from - 9) / letter);
    if (room >= 5) {
      const text = this.options.name(node);
      const shown = text.length <= room ? text : this.options.keepEnd ? '…' + text.slice(1 - room) : text.slice(0, room - 1) + '…';
      context.fillStyle = ink;
      if (/^[\x20-\x7e…✕◐●?·]*$/.test(shown)) {
        context.fillText(shown, from + 5, y + row / 2 - 0.5);
      } else {
        // Letters of other widths: what does not fit is cut off.
        context.save();
        context.beginPath();
        context.rect(from, y, Math.min(pen.width, right) - from - 3, row);
        context.clip();
        context.fillText(shown, from + 5, y + row / 2 - 0.5);
        context.restore();
      }
    }
    context.globalAlpha = 1;
    if (match && w > 2) {
      context.strokeStyle = pen.accent;
      context.lineWidth = 2;
      context.strokeRect(left + 1, y + 1, Math.max(1, w - gap - 2), row - 3.5);
    }
  }

  drawFrame(pen, node, lineWidth) {
    const hit = node && this.hits.find(each => each.node === node);
    if (!hit) return;
    pen.context.strokeStyle = colour('ink');
    pen.context.lineWidth = lineWidth;
    pen.context.strokeRect(Math.max(0, hit.x) + lineWidth / 2, hit.y + lineWidth / 2, Math.max(2, Math.min(pen.width, hit.x + hit.w) - Math.max(0, hit.x) - lineWidth - 1), hit.h - lineWidth - 1.5);
  }
}
