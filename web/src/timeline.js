import { scaleLinear } from 'd3-scale';
import { area, line, curveStepAfter } from 'd3-shape';
import { bisector, max } from 'd3-array';
import { el, fill, announce, onceAFrame } from './dom.js';
import { ms, kib, percent, whole } from './format.js';
import { page, modules, duration, total } from './data.js';
import { phaseList } from './overview.js';
import { colourCache, libraryColour } from './colours.js';
import { onTheme } from './theme.js';

const phaseKeys = ['launch', 'runtime', 'site', 'import', 'main', 'finalize', 'driver', 'call', 'calls'];
const minPixels = 0.4;

/** Three numbers for each stretch of time: start, end, what. */
const stretch = (flat, i) => ({ start: flat[3 * i], end: flat[3 * i + 1], key: flat[3 * i + 2] });
const stretches = flat => Array.from({ length: flat.length / 3 }, (_, i) => stretch(flat, i));
const at = (list, time) => {
  const index = bisector(each => each.start).right(list, time) - 1;
  return index >= 0 && list[index].end > time ? list[index] : undefined;
};

const laneName = lane => (lane.name || 'thread') + (lane.id ? ` · ${lane.id}` : '');

/** Threads, phases and memory over time, on one canvas. What is drawn is bounded by the data, which has at most a thousand stretches a row, and by pixels. */
class Timeline {
  constructor(data) {
    this.phases = stretches(data.phases);
    this.lanes = data.lanes.map(lane => ({ ...lane, active: stretches(lane.active), imports: lane.imports.map(stretches) }));
    this.memory = [];
    for (let i = 0; i < (data.memory?.length ?? 0); i += 3) this.memory.push({ time: data.memory[i], kib: data.memory[i + 1], anonymous: data.memory[i + 2] });
    this.calls = stretches(data.calls);
    this.domain = [0, duration];
    this.cursor = null;
    this.canvas = el('canvas', { 'aria-hidden': 'true' });
    this.node = el('div', {
      class: 'chart timeline', tabindex: '0', role: 'application',
      'aria-label': `Timeline of ${ms(duration)}. Arrow keys move the cursor, plus and minus zoom, Escape shows everything. The tables below say the same.`,
    }, this.canvas);
    this.readout = el('p', { class: 'readout' }, 'Move over the timeline, or focus it and use the arrow keys. Drag to zoom.');
    this.redraw = onceAFrame(() => this.draw());
    this.listen();
    new ResizeObserver(this.redraw).observe(this.node);
    onTheme(this.redraw);
  }

  listen() {
    let from = null;
    const time = event => this.scale.invert(Math.max(0, Math.min(this.width, event.clientX - this.canvas.getBoundingClientRect().left)));
    this.canvas.addEventListener('pointermove', event => {
      this.setCursor(time(event));
      if (from !== null) this.selection = [Math.min(from, time(event)), Math.max(from, time(event))];
    });
    this.canvas.addEventListener('pointerdown', event => {
      if (event.pointerType !== 'mouse' || event.button !== 0) { this.setCursor(time(event)); return; }
      from = time(event);
      this.canvas.setPointerCapture(event.pointerId);
    });
    const end = () => {
      if (this.selection && this.scale(this.selection[1]) - this.scale(this.selection[0]) > 5) this.zoomTo(this.selection);
      this.selection = from = null;
      this.redraw();
    };
    this.canvas.addEventListener('pointerup', end);
    this.canvas.addEventListener('pointercancel', end);
    this.canvas.addEventListener('dblclick', () => this.zoomTo([0, duration]));
    this.node.addEventListener('keydown', event => {
      if (event.ctrlKey || event.altKey || event.metaKey) return;
      const width = this.domain[1] - this.domain[0];
      const now = this.cursor ?? this.domain[0];
      const actions = {
        ArrowRight: () => this.setCursor(Math.min(duration, now + width / 50), true), ArrowLeft: () => this.setCursor(Math.max(0, now - width / 50), true),
        Home: () => this.setCursor(0, true), End: () => this.setCursor(duration, true),
        '+': () => this.zoom(0.5), '=': () => this.zoom(0.5), '-': () => this.zoom(2), Escape: () => this.zoomTo([0, duration]),
      };
      if (!actions[event.key]) return;
      event.preventDefault();
      actions[event.key]();
    });
  }

  zoom(by) {
    const middle = this.cursor !== null && this.cursor >= this.domain[0] && this.cursor <= this.domain[1] ? this.cursor : (this.domain[0] + this.domain[1]) / 2;
    const width = Math.max(duration / 5000, (this.domain[1] - this.domain[0]) * by);
    const start = Math.max(0, Math.min(duration - width, middle - (middle - this.domain[0]) * by));
    this.zoomTo([start, Math.min(duration, start + width)]);
  }

  zoomTo(domain) {
    this.domain = domain;
    this.redraw();
    announce(`Shown: ${ms(domain[0])} to ${ms(domain[1])}`);
  }

  setCursor(time, spoken) {
    this.cursor = time;
    if (time < this.domain[0] || time > this.domain[1]) {
      const width = this.domain[1] - this.domain[0];
      const start = Math.max(0, Math.min(duration - width, time - width / 2));
      this.domain = [start, start + width];
    }
    fill(this.readout, this.textAt(time));
    if (spoken) announce(this.readout.textContent);
    this.redraw();
  }

  textAt(time) {
    const parts = [el('strong', {}, ms(time))];
    const phase = at(this.phases, time);
    if (phase) parts.push(phaseList.find(each => each.key === phaseKeys[phase.key])?.name.toLowerCase() ?? phaseKeys[phase.key]);
    for (const lane of this.lanes) {
      const importing = lane.imports.map(row => at(row, time)).filter(Boolean).map(each => modules[each.key]?.name).filter(Boolean);
      if (importing.length) parts.push(`${lane.name}: ${importing.length > 3 ? importing[0] + ' › … › ' + importing.slice(-2).join(' › ') : importing.join(' › ')}`);
      else if (at(lane.active, time)) parts.push(`${lane.name}: running`);
    }
    const reading = this.memory[bisector(each => each.time).right(this.memory, time) - 1];
    if (reading) parts.push(kib(reading.kib));
    return (parts.length > 6 ? [...parts.slice(0, 6), `and ${parts.length - 6} more`] : parts).flatMap((part, i) => i === 0 ? [part] : [' · ', part]);
  }

  draw() {
    const width = this.width = this.node.clientWidth;
    if (width === 0) return;
    const unit = Math.max(11, Math.min(19, parseFloat(getComputedStyle(document.documentElement).fontSize) * 0.77));
    const height = this.layout(unit);
    const ratio = Math.min(3, devicePixelRatio || 1);
    this.canvas.width = Math.round(width * ratio);
    this.canvas.height = Math.round(height * ratio);
    this.canvas.style.width = width + 'px';
    this.canvas.style.height = height + 'px';
    this.scale = scaleLinear(this.domain, [0, width]);
    const context = this.canvas.getContext('2d');
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    const pen = { context, known: colourCache(), unit, width, height };
    context.font = `${unit}px ${pen.known('sans')}`;
    context.textBaseline = 'middle';
    this.drawAxis(pen);
    for (const row of this.placed) this.drawRow(pen, row);
    if (this.memory.length > 1) this.drawMemory(pen);
    this.drawCursor(pen);
  }

  /** Decides where rows stand; returns the height of all. */
  layout(unit) {
    const bar = Math.round(unit * 1.7);
    const title = Math.round(unit * 1.75);
    let y = Math.round(unit * 2.2);
    this.placed = [];
    const put = (row, height) => { this.placed.push({ ...row, y, height }); y += height + 2; };
    if (this.phases.length) {
      put({ title: 'Phases' }, title);
      put({ list: this.phases, fill: key => 'phase-' + phaseKeys[key], name: key => phaseList.find(each => each.key === phaseKeys[key])?.name ?? '', ink: 'phase-ink' }, bar);
    }
    if (this.calls.length) {
      put({ title: 'Calls of the handler' }, title);
      put({ list: this.calls, fill: () => 'phase-call', name: key => `call ${key + 1}`, ink: 'phase-ink' }, bar);
    }
    for (const lane of this.lanes) {
      put({ title: laneName(lane) }, title);
      put({ list: lane.active, fill: () => 'active', name: () => '', ink: 'ink' }, lane.imports.length ? Math.round(bar / 3) : Math.round(bar * 0.7));
      for (const row of lane.imports) put({ list: row, fill: key => libraryColour(modules[key]?.library), name: key => modules[key]?.name ?? '', ink: 'library-ink' }, bar);
    }
    if (this.memory.length > 1) {
      put({ title: `Resident memory, up to ${kib(max(this.memory, each => each.kib))}; darker: the part that belongs to no file` }, title);
      this.memoryTop = y;
      y += unit * 7;
    }
    return Math.ceil(y + 4);
  }

  drawAxis({ context, known, unit, width, height }) {
    const ticks = this.scale.ticks(Math.max(2, Math.floor(width / 110)));
    context.strokeStyle = known('line');
    context.fillStyle = known('ink-2');
    context.lineWidth = 1;
    for (const tick of ticks) {
      const x = Math.round(this.scale(tick)) + 0.5;
      context.beginPath();
      context.moveTo(x, unit * 1.9);
      context.lineTo(x, height);
      context.stroke();
      const text = ms(tick);
      const half = context.measureText(text).width / 2;
      context.fillText(text, Math.max(2, Math.min(width - 2 * half - 2, x - half)), unit);
    }
  }

  drawRow({ context, known, unit, width }, row) {
    if (row.title) {
      context.fillStyle = known('ink-2');
      context.fillText(row.title, 2, row.y + row.height / 2 + 2);
      return;
    }
    let drawnTo = -1;
    for (const each of row.list) {
      const left = Math.max(0, this.scale(each.start));
      const right = Math.min(width, this.scale(each.end));
      // What is thinner than the pixels that are drawn already adds nothing.
      if (right <= 0 || left >= width || right - drawnTo < minPixels) continue;
      const w = Math.max(minPixels, right - left);
      drawnTo = left + w;
      context.fillStyle = known(row.fill(each.key));
      context.fillRect(left, row.y, w - (w > 4 ? 1 : 0), row.height);
      const text = row.name(each.key);
      if (w > unit * 2.5 && text) {
        context.save();
        context.beginPath();
        context.rect(left, row.y, w - 4, row.height);
        context.clip();
        context.fillStyle = known(row.ink);
        context.fillText(text, left + 5, row.y + row.height / 2 + 0.5);
        context.restore();
      }
    }
  }

  drawMemory({ context, known, unit }) {
    const y = scaleLinear([0, max(this.memory, each => each.kib)], [this.memoryTop + unit * 6.6, this.memoryTop + 2]);
    const points = [...this.memory, { ...this.memory.at(-1), time: duration }];
    const x = each => this.scale(each.time);
    context.save();
    context.beginPath();
    context.rect(0, this.memoryTop, this.width, unit * 7);
    context.clip();
    context.beginPath();
    area().x(x).y0(y(0)).y1(each => y(each.kib)).curve(curveStepAfter).context(context)(points);
    context.fillStyle = known('memory-soft');
    context.fill();
    context.beginPath();
    area().x(x).y0(y(0)).y1(each => y(each.anonymous)).curve(curveStepAfter).context(context)(points);
    context.fill();
    context.beginPath();
    line().x(x).y(each => y(each.kib)).curve(curveStepAfter).context(context)(points);
    context.strokeStyle = known('memory');
    context.lineWidth = 1.75;
    context.stroke();
    context.restore();
  }

  drawCursor({ context, known, height, unit }) {
    if (this.selection) {
      context.fillStyle = known('accent-veil');
      context.fillRect(this.scale(this.selection[0]), unit * 2, this.scale(this.selection[1]) - this.scale(this.selection[0]), height);
    }
    if (this.cursor === null) return;
    const x = Math.round(this.scale(this.cursor)) + 0.5;
    context.strokeStyle = known('accent');
    context.lineWidth = 1.5;
    context.beginPath();
    context.moveTo(x, unit * 1.9);
    context.lineTo(x, height);
    context.stroke();
  }
}

function busy(list) {
  return list.reduce((sum, each) => sum + each.end - each.start, 0);
}

function tables(timeline) {
  return el('div', { class: 'sheets' },
    phaseList.length > 0 && el('section', { class: 'sheet' }, el('h3', {}, 'Phases'), el('table', { class: 'small' },
      el('thead', {}, el('tr', {}, el('th', { scope: 'col' }, 'Phase'), el('th', { scope: 'col', class: 'num' }, 'Time'), el('th', { scope: 'col', class: 'num' }, 'Share'))),
      el('tbody', {}, phaseList.map(phase => el('tr', {}, el('th', { scope: 'row', title: phase.text }, el('span', { class: 'swatch phase-' + phase.key, 'aria-hidden': 'true' }), ' ', phase.name), el('td', { class: 'num' }, ms(phase.ms)), el('td', { class: 'num' }, phase.inStart ? percent(phase.ms / total) : '–')))))),
    el('section', { class: 'sheet' }, el('h3', {}, 'Threads'), el('table', { class: 'small' },
      el('thead', {}, el('tr', {}, el('th', { scope: 'col' }, 'Thread'), el('th', { scope: 'col', class: 'num' }, 'With Python frames'), el('th', { scope: 'col', class: 'num' }, 'In imports'))),
      el('tbody', {}, timeline.lanes.map(lane => el('tr', {}, el('th', { scope: 'row' }, laneName(lane)), el('td', { class: 'num' }, ms(busy(lane.active))), el('td', { class: 'num' }, lane.imports.length ? ms(busy(lane.imports[0])) : '–'))))),
      page.timeline.other_threads > 0 && el('p', { class: 'quiet' }, `and ${whole(page.timeline.other_threads)} threads more that were seen less`)));
}

/** The panel of what happened when. */
export function buildTimeline(panel) {
  if (!(duration > 0) || page.timeline.lanes.length === 0) {
    panel.append(el('h2', {}, 'Timeline'), el('p', { class: 'absent' }, 'Not measured: no thread with a Python stack was seen.'));
    return;
  }
  const timeline = new Timeline(page.timeline);
  const button = (text, action) => el('button', { type: 'button', class: 'plain', on: { click: action } }, text);
  panel.append(
    el('h2', {}, 'Timeline'),
    el('p', { class: 'lead' }, 'When each thread had Python frames (thin bar), and what it was importing then, the outer imports above the inner ones.',
      timeline.memory.length > 1 ? '' : ' Memory over time is not in this recording.'),
    el('div', { class: 'toolbar' }, timeline.readout, el('span', { class: 'spring' }), button('Zoom in', () => timeline.zoom(0.5)), button('Zoom out', () => timeline.zoom(2)), button('Show everything', () => timeline.zoomTo([0, duration]))),
    el('div', { class: 'chart-frame' }, timeline.node), tables(timeline));
}
