import { hierarchy, partition } from 'd3-hierarchy';
import { el, fill } from './dom.js';
import { ms, kib, percent, count } from './format.js';
import { page, modules, total, hasTimes, hasMemory, hasUse, uses, useOf, place, importChain, subject } from './data.js';
import { PartitionChart } from './partition-chart.js';
import { chartTools, choice } from './chart-tools.js';
import { useFill, useSwatch } from './patterns.js';
import { libraryColour, libraryLegend, colourCache } from './colours.js';

const own = {
  time: module => module.exclusive_ms ?? 0,
  memory: module => Math.max(0, module.memory_exclusive_kib ?? 0),
};

/** The imports as a tree: a module stands below the one in whose import its own happened. Values are sums of what each module takes itself. */
function importTree(by) {
  const nodes = modules.map(module => ({ module, children: [] }));
  const root = { children: [] };
  nodes.forEach((node, index) => {
    const around = page.within[index];
    (around >= 0 ? nodes[around] : root).children.push(node);
  });
  const tree = hierarchy(root).sum(node => node.module ? own[by](node.module) : 0);
  // What takes nothing has no rectangle.
  tree.each(node => {
    const children = node.children?.filter(child => child.value > 0);
    node.children = children?.length ? children : undefined;
  });
  tree.eachAfter(node => { node.height = node.children ? 1 + Math.max(...node.children.map(child => child.height)) : 0; });
  return partition()(tree.sort((a, b) => b.value - a.value));
}

function facts(module) {
  const share = total > 0 && module.inclusive_ms !== undefined ? ` (${percent(module.inclusive_ms / total)})` : '';
  return [
    ['With its imports', module.inclusive_ms === undefined ? undefined : ms(module.inclusive_ms) + share],
    ['Itself', module.exclusive_ms === undefined ? undefined : ms(module.exclusive_ms)],
    ['Memory', module.memory_inclusive_kib === undefined ? undefined : `${kib(module.memory_inclusive_kib)} (itself ${kib(module.memory_exclusive_kib)}${module.memory_error_kib ? ', ±' + kib(module.memory_error_kib) : ''})`],
    ['Library', module.library],
    ['Use', hasUse ? useText(module) : undefined],
    ['Imported at', place(module.import_file, module.import_line) || undefined],
    ['File', module.file],
  ];
}

function useText(module) {
  const use = uses[useOf(module)];
  const ran = module.functions !== undefined ? ` – ${module.functions_executed ?? 0} of ${count(module.functions, 'function')} executed` : '';
  return [useSwatch(useOf(module)), ` ${use.mark} ${use.name}${ran}`];
}

function phaseBar(module) {
  const parts = Object.entries(module.phases_ms ?? {}).filter(([, value]) => value > 0);
  const sum = parts.reduce((all, [, value]) => all + value, 0);
  if (sum === 0) return null;
  return el('p', { class: 'parts' }, 'Of its time: ', parts.sort((a, b) => b[1] - a[1]).map(([name, value], i) => [i > 0 && ', ', `${name} ${percent(value / sum)}`]));
}

function detail(node, brief) {
  const { module } = node.data;
  if (!module) return [el('p', { class: 'title' }, subject()), el('p', {}, 'All imports. Choose one to see what it took, and where it is imported.')];
  const rows = facts(module).filter(([name, value]) => value !== undefined && !(brief && name === 'File'));
  const chain = brief ? [] : importChain(module);
  return [
    el('p', { class: 'title' }, module.name),
    el('dl', { class: 'facts' }, rows.map(([name, value]) => el('div', {}, el('dt', {}, name), el('dd', {}, value)))),
    !brief && phaseBar(module),
    chain.length > 1 && chainList(chain),
  ];
}

/** Import statements from the program to a module, one a line. */
export function chainList(chain) {
  return el('ol', { class: 'chain', 'aria-label': 'Import chain' }, chain.map((step, index) => el('li', {},
    el('span', { class: 'where', title: step.file }, place(step.file, step.line)), el('span', { class: 'what' }, (index === 0 ? 'imports ' : 'which imports ')), el('code', {}, step.imports))));
}

function legend(by) {
  if (by === 'use') {
    return el('ul', { class: 'legend', 'aria-label': 'Legend' }, ['used', 'not_since_init', 'never', 'unknown'].map(use =>
      el('li', { title: uses[use].text }, useSwatch(use), el('span', { class: 'mark', 'aria-hidden': 'true' }, uses[use].mark), uses[use].name)));
  }
  return el('ul', { class: 'legend', 'aria-label': 'Legend' }, libraryLegend());
}

/** The panel of imports. Returns what other panels may ask of it. */
export function buildImports(panel) {
  if (!hasTimes && !hasMemory) {
    panel.append(el('h2', {}, 'Imports'), el('p', { class: 'absent' }, 'Not measured: no import was seen while it went on.'));
    return { search() {} };
  }

  let size = hasTimes ? 'time' : 'memory';
  let colours = hasUse ? 'use' : 'library';
  const chart = new PartitionChart({
    label: 'Imports',
    name: node => !node.data.module ? (size === 'time' ? `all imports · ${ms(node.value)}` : `all imports · ${kib(node.value)}`)
      : (hasUse ? uses[useOf(node.data.module)].mark + ' ' : '') + node.data.module.name,
    fills: (context, ratio) => {
      const known = colourCache();
      const fills = new Map(Object.keys(uses).map(use => [use, useFill(context, use, ratio)]));
      return node => {
        if (!node.data.module) return { fill: known('root'), ink: known('ink') };
        const use = useOf(node.data.module);
        return colours === 'use' ? { fill: fills.get(use), ink: known(`use-${use}-ink`) } : { fill: known(libraryColour(node.data.module.library)), ink: known('library-ink') };
      };
    },
    detail,
    say: node => {
      const { module } = node.data;
      if (!module) return 'All imports, ' + (size === 'time' ? ms(node.value) : kib(node.value));
      const amount = size === 'time' ? `${ms(module.inclusive_ms)}, itself ${ms(module.exclusive_ms)}` : `${kib(module.memory_inclusive_kib ?? node.value)}`;
      return `${module.name}, ${amount}${hasUse ? ', ' + uses[useOf(module)].name : ''}${module.import_file ? ', imported at ' + place(module.import_file, module.import_line) : ''}`;
    },
  });
  const legendPlace = el('div');
  const trees = {};
  const tools = chartTools(chart, {
    placeholder: 'Find modules or libraries',
    text: node => node.data.module ? node.data.module.name + ' ' + node.data.module.library : '',
    extra: [
      choice('Width', [{ value: 'time', title: 'Time', disabled: !hasTimes && 'not measured' }, { value: 'memory', title: 'Memory', disabled: !hasMemory && 'not measured in this recording' }], size, value => { size = value; show(); }),
      choice('Colour', [{ value: 'use', title: 'Use', disabled: !hasUse && 'not measured in this recording' }, { value: 'library', title: 'Library' }], colours, value => { colours = value; chart.paint = null; chart.redraw(); fill(legendPlace, legend(colours)); }),
    ],
  });

  function show() {
    chart.show(trees[size] ??= importTree(size));
    fill(legendPlace, legend(colours));
  }

  panel.append(
    el('h2', {}, 'Imports'),
    el('p', { class: 'lead' }, 'Each module stands below the one whose import it happened in, as wide as the time or memory that it and everything below it took.'),
    tools.node, legendPlace, chart.node);
  show();
  return { search: tools.search, chart };
}
