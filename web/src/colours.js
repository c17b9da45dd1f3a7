import { colour } from './theme.js';
import { el } from './dom.js';
import { libraryByName, modules } from './data.js';

const libraryByFile = new Map(modules.filter(module => module.file).map(module => [module.file, module.library]));

/** The library that a file of the program belongs to, where a module of the report says so. */
export const libraryOfFile = file => libraryByFile.get(file);

const hues = 8;

// The costliest come first in the report: they get colours of their own.
const ranks = new Map([...libraryByName.values()].filter(library => library.kind === 'distribution').map((library, rank) => [library.name, rank]));

/** The name of the colour of a library: one for the application, one for the standard library, and some that the installed ones share. */
export function libraryColour(name) {
  const kind = libraryByName.get(name)?.kind;
  if (kind === 'application') return 'kind-application';
  if (kind === 'stdlib') return 'kind-stdlib';
  if (kind === 'distribution') return 'library-' + ranks.get(name) % hues;
  return 'kind-unknown';
}

/** Looks colours up once for each drawing. */
export function colourCache() {
  const cache = new Map();
  return name => {
    if (!cache.has(name)) cache.set(name, colour(name));
    return cache.get(name);
  };
}

const swatch = (...names) => el('span', { class: 'swatches', 'aria-hidden': 'true' }, names.map(name => el('span', { class: 'swatch', style: { background: `var(--${name})` } })));

/** What the colours of libraries mean, and what other colours do: [[name of the colour, meaning], ...]. */
export const libraryLegend = (others = [['kind-unknown', 'unknown']]) => [
  [['kind-application'], 'application'], [['library-0', 'library-4', 'library-2'], 'installed, by library'], [['kind-stdlib'], 'standard library'], ...others.map(([name, title]) => [[name], title]),
].map(([names, title]) => el('li', {}, swatch(...names), title));
