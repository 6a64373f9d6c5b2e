// Amounts that people type: dollars, as the server reads them, to micro-dollars and back.

/** `40`, `0.50`, `$1` as micro-dollars; null for nothing, undefined for what is no amount. */
export function parseDollars(text: string): number | null | undefined {
  const plain = text.trim().replace(/^\$/, '');
  if (plain === '') return null;
  if (!/^\d{1,7}(\.\d{1,6})?$/.test(plain)) return undefined;
  return Math.round(Number(plain) * 1e6);
}

/** Micro-dollars as they are typed; empty for none. */
export function typed(micros: number | null | undefined): string {
  if (micros == null) return '';
  const cents = micros % 10_000 === 0;
  return (micros / 1e6).toFixed(cents ? 2 : 6).replace(/\.00$/, '');
}
