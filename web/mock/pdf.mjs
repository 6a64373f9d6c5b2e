// A plain PDF of a text, one font, as many pages as it takes: something for the browser's viewer to show.

const LINES = 52;
const latin = (text) =>
  text.replace(/[^\x20-\x7e\xa0-\xff]/gu, (c) => ({ '–': '-', '’': "'", '“': '"', '”': '"' })[c] ?? '');
const quoted = (text) => latin(text).replace(/[\\()]/g, '\\$&');

export function pdf(text) {
  const lines = text.split('\n');
  const pages = Array.from({ length: Math.max(1, Math.ceil(lines.length / LINES)) }, (_, i) =>
    lines.slice(i * LINES, (i + 1) * LINES),
  );
  const objects = [
    '<< /Type /Catalog /Pages 2 0 R >>',
    '',
    '<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>',
  ];
  const kids = [];
  for (const page of pages) {
    const drawn = page.map((line, i) => `1 0 0 1 64 ${780 - i * 14} Tm (${quoted(line)}) Tj`).join('\n');
    const stream = `BT /F1 ${10.5} Tf\n${drawn}\nET`;
    objects.push(`<< /Length ${Buffer.byteLength(stream, 'latin1')} >>\nstream\n${stream}\nendstream`);
    objects.push(
      `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources << /Font << /F1 3 0 R >> >> /Contents ${objects.length} 0 R >>`,
    );
    kids.push(`${objects.length} 0 R`);
  }
  objects[1] = `<< /Type /Pages /Kids [${kids.join(' ')}] /Count ${kids.length} >>`;
  let body = '%PDF-1.4\n';
  const offsets = objects.map((object, i) => {
    const at = body.length;
    body += `${i + 1} 0 obj\n${object}\nendobj\n`;
    return at;
  });
  const table = offsets.map((at) => `${String(at).padStart(10, '0')} 00000 n \n`).join('');
  body += `xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${table}trailer << /Size ${objects.length + 1} /Root 1 0 R >>\nstartxref\n${body.length}\n%%EOF\n`;
  return Buffer.from(body, 'latin1');
}
