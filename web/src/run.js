import { el } from './dom.js';
import { ms, kib, percent, whole } from './format.js';
import { page, report, process, environment, sampling, commandText } from './data.js';

const yesNo = value => value === undefined ? undefined : value ? 'yes' : 'no';

function list(title, rows) {
  const known = rows.filter(([, value]) => value !== undefined && value !== '');
  return el('section', { class: 'sheet' }, el('h3', {}, title), known.length === 0 ? el('p', { class: 'absent' }, 'Not recorded.')
    : el('dl', {}, known.map(([name, value, help]) => el('div', {}, el('dt', { title: help }, name), el('dd', {}, value)))));
}

/** A share of looks that were lost, with a word on what it means. */
function loss(number) {
  if (number === undefined) return undefined;
  const all = (sampling.samples ?? 0) + number;
  const share = all > 0 ? number / all : 0;
  return [whole(number), ` (${percent(share)}) `, el('span', { class: 'grade ' + (share > 0.2 ? 'poor' : share > 0.05 ? 'fair' : 'good') }, share > 0.2 ? '▼ many: short imports may be off' : share > 0.05 ? '◆ some' : '▲ good')];
}

/** Resident memory, and how much of it is of mapped files. */
const withFiles = (all, files) => kib(all) + (files === undefined ? '' : `, ${kib(files)} of it mapped files`);

const readable = name => name.replaceAll('_', ' ').replace(/ (ms|kib)$/, '').replace(/^./, c => c.toUpperCase());
const shown = { cpus: 1, cpu_quota: 1, kernel: 1, dont_write_bytecode: 1 };

/** The panel on the run itself: what it ran on, how good the figures are, how to use the page, licences. */
export function buildRun(panel) {
  const achieved = sampling.duration_ms > 0 ? (sampling.samples + (sampling.idle ?? 0)) / sampling.duration_ms * 1000 : undefined;
  const others = Object.entries(environment).filter(([name, value]) => !shown[name] && ['string', 'number', 'boolean'].includes(typeof value));
  panel.append(
    el('h2', {}, 'The run'),
    el('div', { class: 'sheets' },
      list('Process', [
        ['Command', el('code', {}, commandText(process))], ['Handler', page.handler], ['Executable', process.executable], ['Python', process.python_version], ['Process id', process.pid === undefined ? undefined : String(process.pid)],
        ['Exit status', process.exit_status === undefined ? undefined : String(process.exit_status)], ['Processor time', process.cpu_ms === undefined ? undefined : ms(process.cpu_ms)],
        ['Peak memory', process.peak_rss_kib === undefined ? undefined : kib(process.peak_rss_kib)], ...(process.previous ?? []).map((image, i) => [i === 0 ? 'Replaced by exec' : 'and', el('code', {}, commandText(image))]),
      ]),
      report.memory && list('Resident memory', [
        ['Before the imports', withFiles(report.memory.before_imports_kib, report.memory.before_imports_file_kib)],
        ['By imports', withFiles(report.memory.imports_kib, report.memory.imports_file_kib)],
        ['By the program', report.memory.program_kib === undefined ? undefined : kib(report.memory.program_kib)], ['Peak', report.memory.peak_kib === undefined ? undefined : kib(report.memory.peak_kib)],
      ]),
      list('Environment', [
        ['Platform', process.platform], ['Kernel', environment.kernel], ['Processors', environment.cpus === undefined ? undefined : String(environment.cpus)], ['Processor quota', environment.cpu_quota === undefined ? undefined : String(environment.cpu_quota)],
        ['Compiled files are written', yesNo(environment.dont_write_bytecode === undefined ? undefined : !environment.dont_write_bytecode)], ...others.map(([name, value]) => [readable(name), String(value)]),
      ]),
      list('Quality of the samples', [
        ['Mode', sampling.mode, 'nonblocking: the program was never stopped'], ['Asked for', sampling.rate_hz === undefined ? 'as many as possible' : `${whole(sampling.rate_hz)} a second`],
        ['Taken', `${whole(sampling.samples)}${achieved === undefined ? '' : `, ${whole(achieved)} a second`}`, 'looks that gave at least one usable stack'],
        ['Sampled', sampling.duration_ms === undefined ? undefined : ms(sampling.duration_ms)],
        ['Failed', loss(sampling.failed), 'looks that gave no usable stack though there should have been one'],
        ['Cut', loss(sampling.cut), 'samples of which some stack lost its upper end'],
        ['Missed', loss(sampling.missed), 'looks that were due but not taken'],
        ['Idle', sampling.idle > 0 ? whole(sampling.idle) : undefined, 'looks left out since nothing of the process ran, or that found no Python frame'],
        ...Object.entries(sampling.failures ?? {}).map(([name, number]) => [`Failed: ${name}`, whole(number)]),
      ]),
      el('section', { class: 'sheet' }, el('h3', {}, 'On the keyboard'), el('dl', { class: 'keys' }, [
        ['Tab', 'from part to part'], ['← →', 'among tabs, or among neighbours in a drawing'], ['↑ ↓', 'to the caller, to the first callee'], ['Enter', 'zoom in; in a search field, next match'], ['Backspace', 'zoom out'], ['Esc', 'show everything'],
      ].map(([key, text]) => el('div', {}, el('dt', {}, el('kbd', {}, key)), el('dd', {}, text)))))),
    page.notes.length > 0 && el('ul', { class: 'notes' }, page.notes.map(note => el('li', {}, note))) || '',
    el('details', { class: 'licences' }, el('summary', {}, 'Licences of what this page contains'), el('pre', { tabindex: '0' }, document.getElementById('licences').textContent.replaceAll('\r', '').split('\n').map(line => [line, el('br')]))),
    el('p', { class: 'colophon' }, `Made by LibProf${page.tool_version ? ' ' + page.tool_version : ''}; data as in ${report.schema}. This file asks the network for nothing.`));
}
