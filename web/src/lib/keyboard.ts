// Keys that work on every page. Lists mark their links with `data-nav`; j and k move the focus among them,
// so that Enter, the screen reader and the visible focus all agree on where one is.

const typing = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && target.closest('input, textarea, select, [contenteditable]') !== null;

const dialogOpen = (): boolean => document.querySelector('dialog[open]') !== null;

export interface Keys {
  focusSearch: () => void;
  help: () => void;
}

export function onKey(event: KeyboardEvent, keys: Keys): void {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
  if (typing(event.target)) {
    if (event.key === 'Escape') (event.target as HTMLElement).blur();
    return;
  }
  if (dialogOpen()) return;
  switch (event.key) {
    case '/':
      keys.focusSearch();
      break;
    case '?':
      keys.help();
      break;
    case 'j':
      move(1);
      break;
    case 'k':
      move(-1);
      break;
    default:
      return;
  }
  event.preventDefault();
}

/** Moves the focus to the next or previous marked link; from outside the list, to the first on the screen. */
export function move(step: 1 | -1): void {
  const items = [...document.querySelectorAll<HTMLElement>('main [data-nav]')];
  if (items.length === 0) return;
  const at = items.findIndex(
    (item) => item === document.activeElement || item.closest('li')?.contains(document.activeElement),
  );
  const next = at < 0 ? firstVisible(items) : items[Math.min(Math.max(at + step, 0), items.length - 1)];
  next?.focus({ preventScroll: true });
  next?.closest('li')?.scrollIntoView({ block: 'nearest' });
}

function firstVisible(items: HTMLElement[]): HTMLElement | undefined {
  return items.find((item) => item.getBoundingClientRect().top >= 0) ?? items[0];
}
