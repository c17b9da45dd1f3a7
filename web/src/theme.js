import { el } from './dom.js';

const key = 'libprof-theme';
const listeners = [];

/** Calls back when colours change: by the reader's choice or the system's. */
export const onTheme = listener => listeners.push(listener);

/** A colour of styles.css. */
export const colour = name => getComputedStyle(document.documentElement).getPropertyValue('--' + name).trim();

const dark = matchMedia('(prefers-color-scheme: dark)');
let chosen = 'auto';

function apply(choice) {
  chosen = choice;
  document.documentElement.dataset.theme = choice === 'auto' ? (dark.matches ? 'dark' : 'light') : choice;
  listeners.forEach(listener => listener());
}

// A file opened from disk may be denied storage: then the choice lasts as long as the page.
function stored() {
  try { return localStorage.getItem(key) ?? 'auto'; } catch { return 'auto'; }
}

function store(choice) {
  try { localStorage.setItem(key, choice); } catch { /* see above */ }
}

const icons = {
  auto: () => el('svg', { viewBox: '0 0 20 20', 'aria-hidden': 'true' }, el('circle', { cx: 10, cy: 10, r: 6.5 }), el('path', { d: 'M10 3.5 A6.5 6.5 0 0 1 10 16.5 Z', class: 'solid' })),
  light: () => el('svg', { viewBox: '0 0 20 20', 'aria-hidden': 'true' }, el('circle', { cx: 10, cy: 10, r: 3.5 }),
    el('path', { d: 'M10 1.8v2.4M10 15.8v2.4M1.8 10h2.4M15.8 10h2.4M4.2 4.2l1.7 1.7M14.1 14.1l1.7 1.7M4.2 15.8l1.7-1.7M14.1 5.9l1.7-1.7' })),
  dark: () => el('svg', { viewBox: '0 0 20 20', 'aria-hidden': 'true' }, el('path', { d: 'M16.6 12.4A7 7 0 0 1 7.6 3.4a7 7 0 1 0 9 9Z' })),
};

/** The switch between the system's theme, light and dark. */
export function themeSwitch() {
  const choice = stored();
  apply(choice);
  dark.addEventListener('change', () => apply(chosen));
  return el('fieldset', { class: 'theme' }, el('legend', { class: 'sr' }, 'Colours'),
    Object.entries({ auto: 'As the system', light: 'Light', dark: 'Dark' }).map(([name, title]) =>
      el('label', { title },
        el('input', { type: 'radio', name: 'theme', value: name, checked: name === choice, on: { change: () => { apply(name); store(name); } } }),
        icons[name](), el('span', { class: 'sr' }, title))));
}
