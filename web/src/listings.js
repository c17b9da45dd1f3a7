import { el } from './dom.js';
import { ms, kib, percent, whole } from './format.js';
import { libraries, modules, hasTimes, hasMemory, hasUse, uses, useOf, place } from './data.js';
import { sortableTable } from './table.js';
import { useSwatch } from './patterns.js';

const kindNames = { distribution: 'installed', stdlib: 'standard library', application: 'application', unknown: 'unknown' };
const useRank = { never: 3, not_since_init: 2, used: 1, unknown: 0 };

const useColumn = () => ({
  title: 'Use', value: row => useRank[useOf(row)], number: false,
  show: row => el('span', { class: 'use-cell', title: uses[useOf(row)].text }, useSwatch(useOf(row)), el('span', { 'aria-hidden': 'true' }, uses[useOf(row)].mark + ' '), uses[useOf(row)].name),
});

const number = (title, value, show, help) => ({ title, value, show: row => show(value(row)), number: true, help });
const text = (title, value, show, className) => ({ title, value, show, class: className });

/** The panel of libraries. `go` leads to their modules. */
export function buildLibraries(panel, go) {
  const table = sortableTable('Libraries', [
    text('Library', row => row.name, row => el('button', { type: 'button', class: 'link', title: 'Show its modules', on: { click: () => go('modules', row.name) } }, row.name)),
    text('Version', row => row.version ?? '', null, 'quiet'),
    text('Kind', row => kindNames[row.kind] ?? row.kind, null, 'quiet'),
    number('Modules', row => row.modules, whole),
    hasTimes && number('Initialisation', row => row.init_ms, ms, 'the sum of what its modules took themselves'),
    hasTimes && number('Share', row => row.init_share, percent),
    hasMemory && number('Memory', row => row.memory_kib, kib),
    hasUse && useColumn(),
    libraries.some(row => row.utilization !== undefined) && number('Utilisation', row => row.utilization, percent, 'the share of samples after initialisation that ran its code'),
  ].filter(Boolean), libraries, { sort: hasTimes ? 4 : 0, search: 'Find libraries', filterText: row => `${row.name} ${kindNames[row.kind]} ${hasUse ? uses[useOf(row)].name : ''}`, noun: 'librarie' });
  panel.append(el('h2', {}, 'Libraries'), table.node);
  return table;
}

/** The panel of modules. */
export function buildModules(panel, go) {
  const table = sortableTable('Modules', [
    text('Module', row => row.name, row => hasTimes && row.inclusive_ms !== undefined
      ? el('button', { type: 'button', class: 'link', title: 'Show among the imports', on: { click: () => go('imports', row.name) } }, row.name) : row.name),
    text('Library', row => row.library, null, 'quiet'),
    hasTimes && number('With imports', row => row.inclusive_ms, ms, 'time of its import with everything imported meanwhile'),
    hasTimes && number('Itself', row => row.exclusive_ms, ms, 'that without other modules’ imports'),
    hasMemory && number('Memory', row => row.memory_inclusive_kib, kib, 'with everything imported meanwhile'),
    hasMemory && number('Itself', row => row.memory_exclusive_kib, kib),
    hasUse && useColumn(),
    text('Kind', row => row.kind ?? '–', null, 'quiet'),
    text('Imported at', row => place(row.import_file, row.import_line), row => el('span', { title: row.import_file }, place(row.import_file, row.import_line) || '–'), 'where'),
  ].filter(Boolean), modules, { sort: hasTimes ? 3 : 0, search: 'Find modules, libraries or files', filterText: row => `${row.name} ${row.library} ${row.file ?? ''} ${hasUse ? uses[useOf(row)].name : ''}`, noun: 'module' });
  panel.append(el('h2', {}, 'Modules'), table.node);
  return table;
}
