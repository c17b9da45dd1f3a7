import { el } from './dom.js';
import { ms, kib, percent, count, whole } from './format.js';
import { page, report, process, libraries, findings, phases, modules, total, duration, hasTimes, hasUse, uses, useOf, possibleSaving, subject, moduleByName } from './data.js';
import { useSwatch } from './patterns.js';
import { chainList } from './icicle.js';
import { themeSwitch } from './theme.js';

const phaseNames = [
  ['launch_ms', 'launch', 'Launch', 'from the exec until the interpreter exists: kernel, dynamic loader, early runtime'],
  ['runtime_init_ms', 'runtime', 'Runtime init', 'from there until site is imported'],
  ['site_ms', 'site', 'site', 'the import of site, with .pth files and sitecustomize'],
  ['import_ms', 'import', 'Imports', 'time in which the main thread is inside an import'],
  ['main_ms', 'main', 'Program', 'the rest until the program returns'],
  ['driver_ms', 'driver', 'Handler driver', 'what runs the handler; none of it is the application’s'],
  ['first_call', 'call', 'First call', 'the handler’s first call: here the cold start ends'],
  ['later_calls', 'calls', 'Later calls', 'the handler’s calls after the first'],
  ['finalize_ms', 'finalize', 'Finalize', 'from the return of the program to the end of the process'],
];

const calls = phases?.invocations_ms ?? [];
const phaseTimes = { ...phases, first_call: calls[0], later_calls: calls.length > 1 ? calls.slice(1).reduce((sum, each) => sum + each, 0) : undefined };

/** The phases that were seen: [{ key, name, text, ms }]. */
export const phaseList = phaseNames.filter(([field]) => phaseTimes[field] !== undefined)
  .map(([field, key, name, text]) => ({ key, name, text, ms: phaseTimes[field], inStart: !page.has_calls || (key !== 'calls' && key !== 'finalize' && key !== 'driver') }));

/** Who was profiled, and the switch of colours. */
export function masthead() {
  const python = process.python_version ? 'Python ' + process.python_version : 'no Python found';
  const facts = [python, process.pid !== undefined && `pid ${process.pid}`, process.exit_status !== undefined && `exit status ${process.exit_status}`,
    page.attached && 'attached', page.started && page.started.slice(0, 16).replace('T', ' ') + ' UTC'];
  return el('header', { class: 'masthead' },
    el('div', { class: 'brand' }, el('svg', { viewBox: '0 0 24 24', 'aria-hidden': 'true' },
      el('rect', { x: 2, y: 3, width: 20, height: 4.6, rx: 1 }), el('rect', { x: 2, y: 9.4, width: 13, height: 4.6, rx: 1 }), el('rect', { x: 2, y: 15.8, width: 6, height: 4.6, rx: 1 })), 'LibProf'),
    el('div', { class: 'subject' },
      el('h1', { class: 'command' }, subject()),
      el('p', { class: 'target' }, facts.filter(Boolean).join(' · '))),
    themeSwitch());
}

function tile(name, value, note, extra) {
  return el('div', { class: 'tile ' + (extra ?? '') }, el('dt', {}, name), el('dd', {}, el('strong', {}, value), note && el('span', {}, note)));
}

/** The verdict: what it cost, how much of it was initialisation, what could be saved. */
export function verdict() {
  const init = phases ? ['launch_ms', 'runtime_init_ms', 'site_ms', 'import_ms'].reduce((sum, field) => sum + (phases[field] ?? 0), 0) : undefined;
  const saving = possibleSaving();
  const loaded = modules.length ? `${count(modules.length, 'module')} of ${count(libraries.length, 'library', 'libraries')} loaded` : undefined;
  const tiles = [
    tile(page.has_calls ? 'Cold start' : phases ? 'From start to end' : page.attached ? 'Sampled' : 'Duration', ms(total), loaded),
    init !== undefined && tile('Initialisation', percent(init / total), `${ms(init)}, of it imports ${ms(phases.import_ms ?? 0)}`),
    findings === undefined ? tile('Could be saved', '–', 'not worked out in this recording', 'muted')
      : saving.findings === 0 && !hasTimes ? tile('Could be saved', '–', 'no import was seen while it went on', 'muted')
      : saving.findings === 0 ? tile('Could be saved', 'nothing found', 'no import stands out')
      : tile('Could be saved', ms(saving.ms), [total > 0 && `${percent(saving.ms / total)} of the time`, saving.kib !== undefined && kib(saving.kib)].filter(Boolean).join(', '), 'saving'),
    process.peak_rss_kib !== undefined && tile('Peak memory', kib(process.peak_rss_kib), [report.memory?.imports_kib !== undefined && `imports ${kib(report.memory.imports_kib)}`, process.cpu_ms !== undefined && `processor time ${ms(process.cpu_ms)}`].filter(Boolean).join(', ') || undefined),
  ];
  return el('section', { class: 'verdict', 'aria-label': 'Verdict' }, el('dl', { class: 'tiles' }, tiles.filter(Boolean)), phaseStrip());
}

function phaseStrip() {
  if (phaseList.length === 0 || !(duration > 0)) return null;
  const title = phaseList.map(phase => `${phase.name} ${ms(phase.ms)}`).join(', ');
  return el('figure', { class: 'phases' },
    el('div', { class: 'strip', role: 'img', 'aria-label': 'Phases: ' + title },
      phaseList.map(phase => el('span', { class: 'phase-' + phase.key, style: { 'flex-grow': phase.ms }, title: `${phase.name}: ${ms(phase.ms)} – ${phase.text}` },
        el('span', {}, phase.name)))),
    el('figcaption', {}, el('ul', { class: 'legend' }, phaseList.map(phase => el('li', { title: phase.text },
      el('span', { class: 'swatch phase-' + phase.key, 'aria-hidden': 'true' }), phase.name, el('span', { class: 'figure' }, ms(phase.ms) + (phase.inStart ? ` · ${percent(phase.ms / total)}` : '')))))));
}

const patterns = {
  'unused-library': ['Never used', 'never'], 'rarely-used-library': ['Rarely used', 'not_since_init'], 'heavy-library': ['Heavy', 'used'],
  'avoidable-library': ['Avoidable', 'not_since_init'], 'compiled-at-start': ['Compiled at start', 'unknown'], 'duplicate-work': ['Duplicate work', 'unknown'],
};

const confidences = { proof: 'proven', sampled: 'from samples', guess: 'a guess' };
const firstCards = 24;

/** Text of several lines; those that are indented are code. */
function paragraphs(text) {
  const blocks = [];
  for (const line of text.split('\n')) {
    const kind = /^(\t|  )/.test(line) ? 'pre' : 'p';
    if (line.trim() === '') blocks.push(null);
    else if (blocks.at(-1)?.kind === kind) blocks.at(-1).lines.push(line);
    else blocks.push({ kind, lines: [line] });
  }
  return blocks.filter(Boolean).map(({ kind, lines }) => {
    const indent = Math.min(...lines.map(line => line.length - line.trimStart().length));
    return el(kind, kind === 'pre' ? { tabindex: '0' } : {}, lines.map((line, i) => [i > 0 && el('br'), kind === 'pre' ? line.slice(indent) : line]));
  });
}

function findingCard(finding, most, go) {
  const [word, use] = patterns[finding.pattern] ?? [finding.pattern, 'unknown'];
  const subject = finding.module ?? finding.library ?? finding.id;
  const id = 'finding-' + Math.random().toString(36).slice(2);
  return el('article', { class: 'card', 'aria-labelledby': id },
    el('header', {},
      el('p', { class: 'kind' }, useSwatch(use), word, finding.confidence && el('span', { class: 'confidence' }, confidences[finding.confidence] ?? finding.confidence)),
      el('h3', { id }, el('code', {}, subject), finding.library && finding.library !== subject && el('span', { class: 'of' }, ' of ' + finding.library))),
    el('div', { class: 'gain' },
      el('strong', {}, finding.saving_ms !== undefined ? ms(finding.saving_ms) : ms(finding.init_ms)),
      el('span', {}, [finding.saving_ms !== undefined ? 'would be saved' : 'initialisation', total > 0 && percent((finding.saving_ms ?? finding.init_ms) / total) + ' of the time', finding.saving_kib !== undefined && kib(finding.saving_kib)].filter(Boolean).join(' · ')),
      el('div', { class: 'bar', 'aria-hidden': 'true' }, el('i', { style: { width: Math.min(100, 100 * (finding.saving_ms ?? finding.init_ms ?? 0) / most) + '%' } }))),
    finding.evidence && el('p', { class: 'evidence' }, finding.evidence),
    finding.import_chain?.length > 0 && chainList(finding.import_chain),
    finding.suggestion && el('div', { class: 'suggestion' }, el('h4', {}, 'What to do'), paragraphs(finding.suggestion)),
    finding.side_effects?.length > 0 && el('div', { class: 'side-effects' }, el('h4', {}, 'Mind: importing it also'), el('ul', {}, finding.side_effects.map(effect => el('li', {}, typeof effect === 'string' ? effect : effect.text ?? effect.kind ?? JSON.stringify(effect))))),
    moduleByName.has(subject) && el('footer', {}, el('button', { type: 'button', class: 'plain', on: { click: () => go('imports', subject) } }, 'Show among the imports')));
}

function findingsSection(go) {
  if (findings === undefined) return el('p', { class: 'absent' }, 'Not worked out: this recording holds no proof of use. The costliest libraries are below.');
  if (findings.length === 0 && !hasTimes) return null;
  if (findings.length === 0) return el('p', { class: 'absent' }, 'Nothing stands out: no library that costs a noticeable share of the time went unused.');
  const most = Math.max(...findings.map(finding => finding.saving_ms ?? finding.init_ms ?? 0), 1e-9);
  const cards = el('div', { class: 'cards' }, findings.slice(0, firstCards).map(finding => findingCard(finding, most, go)));
  const left = findings.length - firstCards;
  const more = left > 0 && el('button', { type: 'button', class: 'plain', on: { click: () => { cards.append(...findings.slice(firstCards).map(finding => findingCard(finding, most, go))); more.remove(); } } }, `Show ${whole(left)} more`);
  return [cards, more];
}

function costliest(go) {
  const rows = libraries.filter(library => library.init_ms > 0).slice(0, 10);
  if (rows.length === 0) return null;
  const most = rows[0].init_ms;
  return [
    el('h2', {}, 'Costliest libraries'),
    el('ol', { class: 'bars' }, rows.map(library => el('li', {},
      el('button', { type: 'button', title: 'Show among the imports', on: { click: () => go('imports', library.name) } },
        el('span', { class: 'name' }, hasUse && [useSwatch(useOf(library)), ' '], library.name, hasUse && el('span', { class: 'use' }, uses[useOf(library)].name)),
        el('span', { class: 'bar', 'aria-hidden': 'true' }, el('i', { class: hasUse ? 'use-' + useOf(library) : null, style: { width: 100 * library.init_ms / most + '%' } })),
        el('span', { class: 'figure' }, `${ms(library.init_ms)} · ${percent(library.init_share)}`))))),
  ];
}

/** The first panel: findings, and below them what cost most. */
export function buildOverview(panel, go) {
  panel.append(...[
    el('h2', {}, 'Findings'), findingsSection(go), hasTimes ? costliest(go) : el('p', { class: 'absent' }, 'No import was seen while it went on: there are no times of libraries.'),
    page.notes.length > 0 && [el('h2', {}, 'To judge the figures'), el('ul', { class: 'notes' }, page.notes.map(note => el('li', {}, note)))],
  ].flat(Infinity).filter(Boolean));
}
