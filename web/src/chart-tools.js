import { el, announce } from './dom.js';
import { percent, whole } from './format.js';

/** Search, zoom out and what the drawing shows, above a partition chart. Without `apply` the query is looked up in nodes' texts. */
export function chartTools(chart, { placeholder, text, extra }) {
  const found = el('output', { class: 'found' });
  const input = el('input', {
    type: 'search', placeholder, 'aria-label': placeholder, spellcheck: 'false', autocomplete: 'off',
    on: {
      input: () => run(),
      keydown: event => {
        if (event.key === 'Enter') { event.preventDefault(); chart.nextMatch(event.shiftKey ? -1 : 1); }
        if (event.key === 'Escape') { input.value = ''; run(); }
      },
    },
  });
  const next = el('button', { type: 'button', class: 'plain', hidden: true, on: { click: () => chart.nextMatch() } }, 'Next match');

  function run() {
    const query = input.value.trim().toLowerCase();
    const result = chart.highlight(query === '' ? null : node => text(node).toLowerCase().includes(query));
    found.textContent = query === '' ? '' : result.count === 0 ? 'no match' : `${whole(result.count)} found, ${percent(result.share)} of all`;
    next.hidden = result.count === 0;
    if (query !== '') announce(found.textContent);
    return result;
  }

  return {
    node: el('div', { class: 'toolbar' },
      el('div', { class: 'search' }, input), next, found, el('span', { class: 'spring' }), extra,
      el('button', { type: 'button', class: 'plain', on: { click: () => { chart.reset(); } } }, 'Show everything')),
    search(query) {
      input.value = query;
      if (run().count > 0) chart.nextMatch();
    },
    refresh: run,
  };
}

/** A choice between a few things as a row of radio buttons. */
export function choice(legend, options, current, onChange) {
  const name = 'choice-' + legend.replace(/\W/g, '-').toLowerCase();
  return el('fieldset', { class: 'choice' }, el('legend', {}, legend),
    options.map(({ value, title, disabled }) => el('label', { class: disabled ? 'off' : null, title: disabled || null },
      el('input', { type: 'radio', name, value, checked: value === current, disabled: Boolean(disabled), on: { change: () => onChange(value) } }), el('span', {}, title))));
}
