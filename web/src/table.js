import { el, fill, newId, announce } from './dom.js';
import { whole } from './format.js';

const step = 100;

/**
 * A table that sorts and filters. It has rows for a screenful or two only; more are added when asked for.
 * @param caption What it lists, for screen readers.
 * @param columns [{ title, value(row), show(row), text(row), number, first: 'ascending'|'descending', help }]; undefined values sort last.
 * @param rows The rows.
 * @param options { sort: index, search: 'label', filterText(row), noun }
 */
export function sortableTable(caption, columns, rows, options = {}) {
  let sortBy = options.sort ?? 0;
  let descending = columns[sortBy].number === true;
  let shown = step;
  let query = '';
  let sorted = [];
  const body = el('tbody');
  const status = el('p', { class: 'table-status' });
  const more = el('button', { type: 'button', class: 'plain', on: { click: () => { shown += step * 4; draw(); } } });
  const heads = columns.map((column, index) => {
    const button = el('button', { type: 'button', title: column.help, on: { click: () => sortOn(index) } }, column.title, el('span', { class: 'arrow', 'aria-hidden': 'true' }));
    return el('th', { scope: 'col', class: column.number ? 'num' : null }, button);
  });
  const captionId = newId('caption');
  const table = el('div', { class: 'scroll-x', role: 'region', 'aria-labelledby': captionId, tabindex: '0' },
    el('table', {}, el('caption', { class: 'sr', id: captionId }, caption), el('thead', {}, el('tr', {}, heads)), body));
  const search = options.search && el('input', {
    type: 'search', placeholder: options.search, 'aria-label': options.search, spellcheck: 'false', autocomplete: 'off',
    on: { input: () => { query = search.value.trim().toLowerCase(); shown = step; update(); announce(status.textContent); } },
  });

  function sortOn(index) {
    descending = index === sortBy ? !descending : columns[index].number === true;
    sortBy = index;
    shown = step;
    update();
    announce(`Sorted by ${columns[index].title}, ${descending ? 'descending' : 'ascending'}`);
  }

  function update() {
    const { value } = columns[sortBy];
    const words = query.split(/\s+/).filter(Boolean);
    sorted = words.length === 0 ? [...rows] : rows.filter(row => {
      const text = options.filterText(row).toLowerCase();
      return words.every(word => text.includes(word));
    });
    const sign = descending ? -1 : 1;
    sorted.sort((a, b) => {
      const left = value(a), right = value(b);
      if (left === undefined || right === undefined) return (left === undefined) - (right === undefined);
      return sign * (typeof left === 'string' ? left.localeCompare(right) : left - right);
    });
    heads.forEach((head, index) => {
      if (index === sortBy) head.setAttribute('aria-sort', descending ? 'descending' : 'ascending');
      else head.removeAttribute('aria-sort');
    });
    draw();
  }

  function draw() {
    fill(body, sorted.slice(0, shown).map(row => el('tr', {}, columns.map((column, index) => {
      const content = column.show ? column.show(row) : column.value(row);
      return el(index === 0 ? 'th' : 'td', { scope: index === 0 ? 'row' : null, class: column.number ? 'num' : column.class ?? null }, content);
    }))));
    const left = sorted.length - shown;
    more.hidden = left <= 0;
    more.textContent = left > 0 ? `Show ${whole(Math.min(left, step * 4))} more of ${whole(left)}` : '';
    const noun = options.noun ?? 'row';
    status.textContent = sorted.length === rows.length ? `${whole(rows.length)} ${noun}s` : `${whole(sorted.length)} of ${whole(rows.length)} ${noun}s`;
  }

  update();
  return {
    node: el('div', { class: 'table-view' }, search && el('div', { class: 'toolbar' }, el('div', { class: 'search' }, search), status), table, more),
    search(text) {
      search.value = text;
      query = text.toLowerCase();
      shown = step;
      update();
    },
  };
}
