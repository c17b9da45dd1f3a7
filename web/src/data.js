// Reads the page's data and joins what belongs together. What was not measured is undefined throughout.

const parsed = JSON.parse(document.getElementById('data').textContent);

export const page = parsed;
export const report = parsed.report;
export const process = report.process ?? {};
export const modules = report.modules ?? [];
export const libraries = report.libraries ?? [];

// Each interpreter of a process has modules of its own.
for (const module of modules) {
  if (!module.interpreter) continue;
  module.name = `interpreter ${module.interpreter}: ${module.name}`;
  if (module.imported_by) module.imported_by = `interpreter ${module.interpreter}: ${module.imported_by}`;
}
export const findings = report.findings;
export const phases = report.phases;
export const sampling = report.sampling ?? {};
export const environment = report.environment ?? {};

/** The time that shares are of: with a handler the cold start, else from exec to exit. */
export const total = parsed.cold_start_ms;

/** From exec to exit, or the time sampled. */
export const duration = parsed.duration_ms;

export const libraryByName = new Map(libraries.map(library => [library.name, library]));
export const moduleByName = new Map(modules.map(module => [module.name, module]));

export const hasTimes = modules.some(module => module.inclusive_ms !== undefined);
export const hasMemory = modules.some(module => module.memory_exclusive_kib !== undefined || module.memory_inclusive_kib !== undefined);
export const hasUse = modules.some(module => module.use !== undefined && module.use !== 'unknown');

/** The four answers to "is it used?", the worst first: name, mark and explanation. What they look like is in styles.css and patterns.js. */
export const uses = {
  never: { name: 'never used', mark: '✕', text: 'none of its code ran after it was initialised, nor before' },
  not_since_init: { name: 'not since init', mark: '◐', text: 'its code ran during initialisation only' },
  used: { name: 'used', mark: '●', text: 'its code ran after initialisation' },
  unknown: { name: 'unknown', mark: '?', text: 'whether it is used was not measured, or cannot be told' },
};

export const useOf = item => uses[item?.use] ? item.use : 'unknown';

/** A file without the directory that it was found in. */
export function shortFile(file) {
  if (!file) return '';
  const prefix = parsed.prefixes.find(each => file.startsWith(each));
  return prefix ? file.slice(prefix.length) : file;
}

export const place = (file, line) => file ? shortFile(file) + (line === undefined || line === null ? '' : ':' + line) : '';

/** The import statements that led to a module, the program's first. */
export function importChain(module) {
  const chain = [];
  const seen = new Set();
  while (module && !seen.has(module.name) && chain.length < 64) {
    seen.add(module.name);
    if (module.import_file) chain.unshift({ file: module.import_file, line: module.import_line, imports: module.name });
    module = moduleByName.get(module.imported_by);
  }
  return chain;
}

/** A command as one would type it. */
export function commandText(image) {
  const words = image.command_line?.length ? image.command_line : image.executable ? [image.executable] : [];
  return words.length === 0 ? '(unknown command)'
    : words.map(word => /^[\w./:=,+@%-]+$/.test(word) ? word : "'" + word.replaceAll("'", "'\\''") + "'").join(' ');
}

/** What would vanish if all findings were followed; of findings within each other only the outer one counts. */
export function possibleSaving() {
  if (!findings) return undefined;
  const chosen = [];
  for (const finding of [...findings].sort((a, b) => (b.saving_ms ?? 0) - (a.saving_ms ?? 0))) {
    if (!chosen.some(other => overlap(finding, other))) chosen.push(finding);
  }
  const memory = chosen.filter(finding => finding.saving_kib !== undefined);
  return {
    ms: chosen.reduce((sum, finding) => sum + (finding.saving_ms ?? 0), 0),
    kib: memory.length ? memory.reduce((sum, finding) => sum + finding.saving_kib, 0) : undefined,
    findings: chosen.length,
  };
}

function overlap(a, b) {
  const subject = finding => finding.module ?? finding.library;
  const through = finding => new Set((finding.import_chain ?? []).map(step => step.imports).concat(subject(finding)));
  return through(a).has(subject(b)) || through(b).has(subject(a));
}

/** What was profiled, for headings: the handler that libprof drove, else the command. */
export const subject = () => parsed.handler ? 'handler ' + parsed.handler.split('/').slice(-2).join('/') : commandText(process);
