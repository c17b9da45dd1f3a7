const nbsp = '\u00a0';

/** Milliseconds for people; what was not measured is a dash. */
export function ms(value) {
  if (value === undefined || value === null) return '–';
  const size = Math.abs(value);
  if (size >= 10000) return (value / 1000).toFixed(1) + nbsp + 's';
  if (size >= 1000) return (value / 1000).toFixed(2) + nbsp + 's';
  return (size >= 100 ? value.toFixed(0) : size >= 1 || size === 0 ? value.toFixed(1) : value.toFixed(2)) + nbsp + 'ms';
}

/** A share of 1 in percent. */
export function percent(value) {
  if (value === undefined || value === null || !Number.isFinite(value)) return '–';
  const size = Math.abs(value * 100);
  return (size > 0 && size < 0.1 ? '<0.1' : size > 99.5 && size < 100 ? '>99' : size >= 10 || size === 0 ? (value * 100).toFixed(0) : (value * 100).toFixed(1)) + nbsp + '%';
}

/** KiB in the unit that reads best. */
export function kib(value) {
  if (value === undefined || value === null) return '–';
  const size = Math.abs(value);
  if (size >= 1024 * 1024) return (value / 1048576).toFixed(2) + nbsp + 'GiB';
  if (size >= 1024) return (value / 1024).toFixed(size >= 102400 ? 0 : 1) + nbsp + 'MiB';
  return value.toFixed(0) + nbsp + 'KiB';
}

/** A whole number with its thousands apart. */
export const whole = value => value === undefined || value === null ? '–' : String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, '\u202f');

/** "1 module", "2 modules". */
export const count = (number, one, many = one + 's') => `${whole(number)} ${number === 1 ? one : many}`;
