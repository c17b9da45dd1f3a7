import { hierarchy, partition } from 'd3-hierarchy';
import { el, fill } from './dom.js';
import { ms, percent, whole } from './format.js';
import { page, place, shortFile, sampling } from './data.js';
import { PartitionChart } from './partition-chart.js';
import { chartTools, choice } from './chart-tools.js';
import { libraryColour, libraryOfFile, libraryLegend, colourCache } from './colours.js';

const kinds = { code: 0, machinery: 1, import: 2, rest: 3 };
const { labels, parents, label_of: labelOf, threads } = page.flame;

/** Stacks as a tree of calls. `chosen`: number of a thread or -1 for all; without `machinery` its frames are left out. */
function callTree(chosen, machinery) {
  const self = new Float64Array(parents.length);
  threads.forEach((thread, index) => {
    if (chosen < 0 || chosen === index) thread.nodes.forEach((node, i) => { self[node] += thread.self_us[i] / 1000; });
  });
  const root = { label: null, self: 0, children: new Map() };
  const places = new Array(parents.length);
  for (let i = 0; i < parents.length; i++) {
    const above = parents[i] < 0 ? root : places[parents[i]];
    const key = labelOf[i];
    let node = above;
    if (machinery || labels[key][1] !== kinds.machinery) {
      node = above.children.get(key);
      if (!node) above.children.set(key, node = { label: labels[key], self: 0, children: new Map() });
    }
    places[i] = node;
    node.self += self[i];
  }
  const tree = hierarchy(root, node => node.children.size ? [...node.children.values()] : null).sum(node => node.self);
  tree.each(node => {
    const children = node.children?.filter(child => child.value > 0);
    node.children = children?.length ? children : undefined;
  });
  tree.eachAfter(node => { node.height = node.children ? node.children.reduce((most, child) => Math.max(most, child.height), 0) + 1 : 0; });
  return partition()(tree.sort((a, b) => b.value - a.value));
}

const threadName = thread => (thread.name || 'thread') + (thread.id ? ` (${thread.id})` : '');

function nameOf(node) {
  if (!node.data.label) return 'all samples · ' + ms(node.value);
  const [name, kind] = node.data.label;
  // Of a module's body its file says more than "<module>".
  return kind === kinds.import ? 'import ' + name : kind === kinds.rest ? 'shorter calls' : name === '<module>' ? shortFile(node.data.label[2]) || name : name;
}

function detail(root, node) {
  const { label } = node.data;
  const of = root().value;
  const file = label?.[2];
  const rows = [
    ['Time', `${ms(node.value)} (${percent(node.value / of)})`],
    ['Its own lines', `${ms(node.data.self)} (${percent(node.data.self / of)})`],
    ['Library', file && libraryOfFile(file)],
    ['Defined at', file && place(file, label[3])],
  ].filter(([, value]) => value);
  return [el('p', { class: 'title' }, nameOf(node)), el('dl', { class: 'facts' }, rows.map(([name, value]) => el('div', {}, el('dt', {}, name), el('dd', {}, value))))];
}

/** The panel of samples. */
export function buildFlame(panel) {
  if (parents.length === 0) {
    panel.append(el('h2', {}, 'Flame graph'), el('p', { class: 'absent' }, 'Not measured: there is no sample with a Python stack.'));
    return { search() {} };
  }

  let thread = -1;
  let machinery = false;
  let tree;
  const chart = new PartitionChart({
    label: 'Flame graph of the samples',
    name: nameOf,
    fills: () => {
      const known = colourCache();
      return node => {
        const { label } = node.data;
        if (!label) return { fill: known('root'), ink: known('ink') };
        if (label[1] === kinds.import) return { fill: known('flame-import'), ink: known('library-ink') };
        if (label[1] !== kinds.code) return { fill: known('rest'), ink: known('ink') };
        return { fill: known(libraryColour(libraryOfFile(label[2]))), ink: known('library-ink') };
      };
    },
    detail: node => detail(() => tree, node),
    say: node => `${nameOf(node)}, ${percent(node.value / tree.value)}, ${ms(node.value)}, own lines ${ms(node.data.self)}`,
  });
  const show = () => { chart.show(tree = callTree(thread, machinery)); tools.refresh(); };
  const threadChoice = threads.length > 1 && el('label', { class: 'select' }, el('span', {}, 'Thread'),
    el('select', { on: { change: event => { thread = Number(event.target.value); show(); } } },
      el('option', { value: -1 }, `all ${threads.length}`), threads.map((each, index) => el('option', { value: index }, threadName(each)))));
  const tools = chartTools(chart, {
    placeholder: 'Find functions or files',
    text: node => node.data.label ? nameOf(node) + ' ' + (node.data.label[2] ?? '') : '',
    extra: [threadChoice, choice('Import system', [{ value: false, title: 'Hidden' }, { value: true, title: 'Shown' }], machinery, value => { machinery = value; show(); })],
  });
  panel.append(
    el('h2', {}, 'Flame graph'),
    el('p', { class: 'lead' }, `${whole(sampling.samples)} samples. Callers stand above what they call; the width is the time with it on the stack, not the order.`),
    tools.node,
    el('ul', { class: 'legend', 'aria-label': 'Legend' }, libraryLegend([['flame-import', 'an import'], ['rest', 'import system, shorter calls']])),
    chart.node);
  show();
  return { search: tools.search, chart };
}
