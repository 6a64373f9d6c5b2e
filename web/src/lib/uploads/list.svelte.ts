// The server's list of uploads, kept true by its events. Counts follow each event, so that a batch of
// thousands does not need a request per file.

import * as api from '$lib/api/client';
import { asApiError, type ApiError } from '$lib/api/problem';
import type { Upload, UploadCounts, UploadStatus } from '$lib/api/types';

const PAGE = 50;
const REFRESH_MS = 400;

export class UploadList {
  uploads = $state.raw<Upload[]>([]);
  counts = $state.raw<UploadCounts | null>(null);
  cursor = $state<string | null>(null);
  loading = $state(true);
  error = $state.raw<ApiError | null>(null);

  #filter: UploadStatus | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;

  get moving(): number {
    const counts = this.counts;
    return counts ? counts.queued + counts.extracting + counts.parsing + counts.embedding : 0;
  }

  async load(filter: UploadStatus | null): Promise<void> {
    this.#filter = filter;
    this.loading = true;
    this.error = null;
    try {
      const page = await api.uploads({ limit: PAGE, status: filter ?? undefined });
      if (this.#filter !== filter) return;
      this.uploads = page.uploads;
      this.cursor = page.next_cursor ?? null;
      this.counts = page.counts;
    } catch (failure) {
      this.error = asApiError(failure);
    } finally {
      this.loading = false;
    }
  }

  async more(): Promise<void> {
    if (!this.cursor || this.loading) return;
    this.loading = true;
    try {
      const page = await api.uploads({ limit: PAGE, status: this.#filter ?? undefined, cursor: this.cursor });
      const known = new Set(this.uploads.map((upload) => upload.id));
      this.uploads = [...this.uploads, ...page.uploads.filter((upload) => !known.has(upload.id))];
      this.cursor = page.next_cursor ?? null;
      this.counts = page.counts;
    } catch (failure) {
      this.error = asApiError(failure);
    } finally {
      this.loading = false;
    }
  }

  /** The first page and the counts once more, merged into what is shown. */
  async refresh(): Promise<void> {
    try {
      const page = await api.uploads({ limit: PAGE, status: this.#filter ?? undefined });
      const fresh = new Map(page.uploads.map((upload) => [upload.id, upload]));
      const rest = this.uploads.filter((upload) => !fresh.has(upload.id));
      // What left a filtered list by moving on is gone from the first page: it leaves here too.
      this.uploads = [
        ...page.uploads,
        ...rest.filter((upload) => !this.#filter || upload.status === this.#filter),
      ];
      this.counts = page.counts;
      if (!this.cursor && rest.length === 0) this.cursor = page.next_cursor ?? null;
    } catch {
      // The next event or the next poll tries again; what is shown stays.
    }
  }

  /** One upload moved on. */
  put(upload: Upload): void {
    const before = this.uploads.find((known) => known.id === upload.id);
    if (before) {
      this.uploads = this.uploads.map((known) => (known.id === upload.id ? upload : known));
      if (this.counts && before.status !== upload.status) {
        const { [before.status]: left, [upload.status]: joined } = this.counts;
        this.counts = { ...this.counts, [before.status]: Math.max(0, left - 1), [upload.status]: joined + 1 };
      }
      return;
    }
    // Not on this page: many such events in a row are one request.
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.refresh(), REFRESH_MS);
  }
}
