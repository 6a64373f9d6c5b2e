// The files of a drop: single ones, and every file in dropped folders. Hidden files and what systems leave
// in folders (.DS_Store, Thumbs.db) stay out.

const LITTER = /^(\.|Thumbs\.db$|desktop\.ini$)/i;

/** Must be called in the event itself: the browser empties the transfer afterwards. */
export async function filesOf(transfer: DataTransfer): Promise<File[]> {
  const entries = [...transfer.items]
    .filter((item) => item.kind === 'file')
    .map((item) => ({ entry: item.webkitGetAsEntry?.() ?? null, file: item.getAsFile() }));
  const found: File[] = [];
  for (const { entry, file } of entries) {
    if (entry) await walk(entry, found);
    else if (file) found.push(file);
  }
  return found.filter((file) => !LITTER.test(file.name));
}

/** The files of a file chooser, a folder chooser included. */
export function filesOfList(list: FileList | null): File[] {
  return [...(list ?? [])].filter((file) => !LITTER.test(file.name));
}

async function walk(entry: FileSystemEntry, found: File[]): Promise<void> {
  if (entry.isFile) {
    const file = await new Promise<File | null>((resolve) =>
      (entry as FileSystemFileEntry).file(resolve, () => resolve(null)),
    );
    if (file) found.push(file);
    return;
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  // A reader gives at most a hundred entries at a time.
  for (;;) {
    const entries = await new Promise<FileSystemEntry[]>((resolve) =>
      reader.readEntries(resolve, () => resolve([])),
    );
    if (entries.length === 0) return;
    for (const child of entries) await walk(child, found);
  }
}
