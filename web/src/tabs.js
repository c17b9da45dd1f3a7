import { el, newId } from './dom.js';

/**
 * Tabs after the pattern of the ARIA authoring practices. A panel is filled when it is first shown.
 * @param tabs [{ id, title, badge, build(panel) }]
 */
export function tabView(tabs) {
  const built = new Set();
  const buttons = new Map();
  const panels = new Map();
  let current;

  const list = el('div', { role: 'tablist', class: 'tabs', 'aria-label': 'Parts of the report' });
  for (const tab of tabs) {
    const panelId = newId('panel');
    const button = el('button', {
      type: 'button', role: 'tab', id: 'tab-' + tab.id, 'aria-controls': panelId,
      on: { click: () => show(tab.id, true), keydown: event => onKey(event, tab.id) },
    }, tab.title, tab.badge !== undefined && el('span', { class: 'badge' }, tab.badge));
    const panel = el('section', { role: 'tabpanel', id: panelId, class: 'panel', 'aria-labelledby': 'tab-' + tab.id, tabindex: '0', hidden: true });
    buttons.set(tab.id, button);
    panels.set(tab.id, panel);
    list.append(button);
  }

  function show(id, remember) {
    if (!buttons.has(id)) id = tabs[0].id;
    current = id;
    for (const [each, button] of buttons) {
      button.setAttribute('aria-selected', String(each === id));
      button.tabIndex = each === id ? 0 : -1;
      panels.get(each).hidden = each !== id;
    }
    buttons.get(id).scrollIntoView({ block: 'nearest', inline: 'nearest' });
    if (!built.has(id)) {
      built.add(id);
      tabs.find(tab => tab.id === id).build(panels.get(id));
    }
    if (remember) history.replaceState(null, '', '#' + id);
  }

  function onKey(event, id) {
    const index = tabs.findIndex(tab => tab.id === id);
    const to = { ArrowRight: index + 1, ArrowLeft: index - 1, Home: 0, End: tabs.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    const next = tabs[(to + tabs.length) % tabs.length].id;
    show(next, true);
    buttons.get(next).focus();
  }

  addEventListener('hashchange', () => show(location.hash.slice(1), false));
  return { list, panels: [...panels.values()], show, get current() { return current; } };
}
