// The only place that makes elements. Text goes in as text: nothing here, or anywhere else, parses markup.

const hidden = /[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]/g;

/** Makes characters visible that could hide or reorder what is around them. */
export function clean(text) {
  return String(text).replace(hidden, c => {
    const code = c.charCodeAt(0);
    return code < 0x100 ? '\\x' + code.toString(16).padStart(2, '0') : '\\u' + code.toString(16).padStart(4, '0');
  });
}

/**
 * An element. `props`: `class`, `on` (listeners), `style` (custom properties or styles, set one by one), other names are attributes;
 * true is an attribute without value, null and false none. Children: elements, or texts; null and false are left out.
 */
export function el(tag, props, ...children) {
  const svg = tag === 'svg' || tag === 'path' || tag === 'circle' || tag === 'line' || tag === 'rect' || tag === 'g';
  const node = svg ? document.createElementNS('http://www.w3.org/2000/svg', tag) : document.createElement(tag);
  for (const [name, value] of Object.entries(props ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name === 'on') for (const [event, listener] of Object.entries(value)) node.addEventListener(event, listener);
    else if (name === 'style') for (const [key, each] of Object.entries(value)) node.style.setProperty(key, each);
    else node.setAttribute(name, value === true ? '' : clean(value));
  }
  add(node, children);
  return node;
}

function add(node, children) {
  for (const child of children.flat(Infinity)) {
    if (child === null || child === undefined || child === false) continue;
    node.append(child instanceof Node ? child : document.createTextNode(clean(child)));
  }
}

/** Replaces what is in an element. */
export function fill(node, ...children) {
  node.replaceChildren();
  add(node, children);
  return node;
}

let ids = 0;

/** An id that no other element has. */
export const newId = prefix => `${prefix}-${++ids}`;

/** Says something to screen readers, without moving the focus. */
export function announce(text) {
  let region = document.getElementById('announcer');
  if (!region) document.body.append(region = el('div', { id: 'announcer', class: 'sr', role: 'status', 'aria-live': 'polite' }));
  region.textContent = clean(text);
}

/** Runs `work` at the next frame, once however often it was asked for before that. */
export function onceAFrame(work) {
  let asked = false;
  return () => {
    if (asked) return;
    asked = true;
    requestAnimationFrame(() => { asked = false; work(); });
  };
}
