// Files travel together, but not too many at once: a broken line costs one batch, and progress shows early.

export const MOST_FILES = 20;
export const MOST_BYTES = 16 * 1024 * 1024;

/** Cuts a list into batches in order; a file above the limit travels alone. */
export function batches<T extends { size: number }>(
  files: T[],
  mostFiles = MOST_FILES,
  mostBytes = MOST_BYTES,
): T[][] {
  const result: T[][] = [];
  let batch: T[] = [];
  let bytes = 0;
  for (const file of files) {
    if (batch.length > 0 && (batch.length >= mostFiles || bytes + file.size > mostBytes)) {
      result.push(batch);
      batch = [];
      bytes = 0;
    }
    batch.push(file);
    bytes += file.size;
  }
  if (batch.length > 0) result.push(batch);
  return result;
}
