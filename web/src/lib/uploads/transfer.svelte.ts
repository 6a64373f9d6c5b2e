// What is on its way to the server, from any page. Once a file is accepted, the server's own list tells the rest.

import { asApiError, type ApiError } from '$lib/api/problem';
import { t } from '$lib/i18n';
import { explain } from '$lib/text/explain';
import { batches } from './batches';
import { sendBatch } from './send';

export interface Unsent {
  file: File;
  reason: string;
}

const LONGEST_WAITS = 5;

class Transfer {
  /** Of this run: files in all, files the server has taken, bytes. */
  total = $state(0);
  accepted = $state(0);
  bytesTotal = $state(0);
  bytesSent = $state(0);
  running = $state(false);
  /** Uploads that were there before this run sent the same bytes. */
  repeated = $state.raw<string[]>([]);
  /** Seconds the server asked to wait; 0 when it did not. */
  waiting = $state(0);
  unsent = $state.raw<Unsent[]>([]);
  /** Said once, when a drop held nothing. */
  nothing = $state(false);
  /** Grows with every accepted batch: lists that show uploads read anew. */
  version = $state(0);

  #queue: File[][] = [];
  #abort = new AbortController();
  #sentBefore = 0;

  get done(): number {
    return this.accepted + this.unsent.length;
  }

  add(files: File[]): void {
    this.nothing = files.length === 0;
    if (files.length === 0) return;
    if (!this.running) this.#reset();
    const empty = files.filter((file) => file.size === 0);
    const full = files.filter((file) => file.size > 0);
    this.total += files.length;
    this.bytesTotal += full.reduce((sum, file) => sum + file.size, 0);
    this.unsent = [...this.unsent, ...empty.map((file) => ({ file, reason: t.uploads.emptyFile }))];
    this.#queue.push(...batches(full));
    if (!this.running) void this.#run();
  }

  /** Sends what could not be sent once more; empty files stay out. */
  again(): void {
    const files = this.unsent.map((item) => item.file).filter((file) => file.size > 0);
    this.dismiss();
    if (files.length > 0) this.add(files);
  }

  stop(): void {
    this.#abort.abort();
  }

  dismiss(): void {
    if (this.running) this.unsent = [];
    else this.#reset();
    this.nothing = false;
  }

  #reset(): void {
    this.total = this.accepted = this.bytesTotal = this.bytesSent = this.#sentBefore = 0;
    this.unsent = [];
    this.repeated = [];
    this.#abort = new AbortController();
  }

  async #run(): Promise<void> {
    this.running = true;
    for (let batch = this.#queue.shift(); batch; batch = this.#queue.shift()) {
      await this.#send(batch, 0);
      this.version += 1;
    }
    this.running = false;
  }

  async #send(batch: File[], waits: number): Promise<void> {
    if (this.#abort.signal.aborted) return this.#refuse(batch, t.uploads.stopped(batch.length));
    const bytes = batch.reduce((sum, file) => sum + file.size, 0);
    try {
      const taken = await sendBatch(batch, this.#abort.signal, (sent) => {
        this.bytesSent = this.#sentBefore + Math.min(sent, bytes);
      });
      this.accepted += taken.uploads.length;
      const repeated = taken.uploads.filter((upload) => upload.duplicate_of).map((upload) => upload.id);
      this.repeated = [...this.repeated, ...repeated];
      this.unsent = [
        ...this.unsent,
        ...taken.rejected.map((one) => ({
          file: batch.find((file) => file.name === one.filename) ?? new File([], one.filename),
          reason: one.detail,
        })),
      ];
      this.#sentBefore += bytes;
      this.bytesSent = this.#sentBefore;
    } catch (failure) {
      await this.#recover(batch, asApiError(failure), waits);
    }
  }

  async #recover(batch: File[], error: ApiError, waits: number): Promise<void> {
    if (this.#abort.signal.aborted) return this.#refuse(batch, t.uploads.stopped(batch.length));
    if (error.status === 429 && waits < LONGEST_WAITS) {
      await this.#wait(error.retryAfter ?? 2 ** waits);
      return this.#send(batch, waits + 1);
    }
    // One bad file must not take the others down with it: each goes alone.
    const oneMayBeBad = [400, 413, 415, 422].includes(error.status);
    if (oneMayBeBad && batch.length > 1) {
      for (const file of batch) await this.#send([file], 0);
      return;
    }
    this.#refuse(batch, explain(error));
  }

  async #wait(seconds: number): Promise<void> {
    this.waiting = seconds;
    await new Promise((resume) => setTimeout(resume, seconds * 1000));
    this.waiting = 0;
  }

  #refuse(batch: File[], reason: string): void {
    this.unsent = [...this.unsent, ...batch.map((file) => ({ file, reason }))];
    this.bytesTotal -= batch.reduce((sum, file) => sum + file.size, 0);
  }
}

export const transfer = new Transfer();
