// One batch over XMLHttpRequest: fetch cannot tell how much of a body has left.

import { changeHeaders, signedOut, uploadAddress } from '$lib/api/client';
import { ApiError, problemFrom } from '$lib/api/problem';
import type { RejectedUpload, Upload } from '$lib/api/types';

export interface Taken {
  uploads: Upload[];
  rejected: RejectedUpload[];
}

export function sendBatch(
  files: File[],
  signal: AbortSignal,
  onProgress: (bytes: number) => void,
): Promise<Taken> {
  const body = new FormData();
  for (const file of files) body.append('file', file, file.name);
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open('POST', uploadAddress);
    request.setRequestHeader('Accept', 'application/json');
    for (const [name, value] of Object.entries(changeHeaders())) request.setRequestHeader(name, value);
    request.upload.onprogress = (event) => onProgress(event.loaded);
    request.onload = () => {
      if (request.status >= 200 && request.status < 300) {
        resolve(accepted(request.responseText));
        return;
      }
      if (request.status === 401) signedOut();
      const retryAfter = request.getResponseHeader('Retry-After');
      reject(problemFrom(request.status, request.responseText, retryAfter, Date.now()));
    };
    request.onerror = () => reject(new ApiError(0, 'network', ''));
    request.onabort = () => reject(new DOMException('stopped', 'AbortError'));
    signal.addEventListener('abort', () => request.abort(), { once: true });
    request.send(body);
  });
}

function accepted(text: string): Taken {
  const answer = JSON.parse(text) as Partial<Taken>;
  return { uploads: answer.uploads ?? [], rejected: answer.rejected ?? [] };
}
