// Every failure of a request becomes one ApiError, whether the server said why (RFC 9457 problem+json),
// something between said nothing useful, or nobody answered.

export interface FieldError {
  field: string;
  message: string;
}

interface Problem {
  title?: string;
  code?: string;
  detail?: string;
  errors?: FieldError[];
}

export class ApiError extends Error {
  override readonly name = 'ApiError';

  constructor(
    /** HTTP status; 0 when nobody answered. */
    readonly status: number,
    /** Stable code: the server's, or `network`, `unreadable`. */
    readonly code: string,
    /** What happened, in the server's words; empty when it said nothing. */
    readonly detail: string,
    readonly errors: FieldError[] = [],
    /** Seconds after which a retry makes sense, where the server said so. */
    readonly retryAfter: number | null = null,
  ) {
    super(detail || code);
  }

  /** The message for one field of a form, where there is one. */
  field(name: string): string | undefined {
    return this.errors.find((error) => error.field === name)?.message;
  }

  /** Whether no field of the form shows this failure: it must then be said above the form. */
  outside(...fields: string[]): boolean {
    return !this.errors.some((error) => fields.includes(error.field));
  }
}

/** Reads `Retry-After`: seconds, or an HTTP date. `now` in milliseconds. */
export function retryAfterSeconds(header: string | null, now: number): number | null {
  if (!header) return null;
  if (/^\d+$/.test(header.trim())) return Number(header);
  const at = Date.parse(header);
  return Number.isNaN(at) ? null : Math.max(0, Math.ceil((at - now) / 1000));
}

/** Builds the error from the parts of a failed answer; `body` may be anything, even a proxy's HTML page. */
export function problemFrom(status: number, body: string, retryAfter: string | null, now: number): ApiError {
  const problem = parse(body);
  return new ApiError(
    status,
    problem?.code ?? `http_${status}`,
    problem?.detail ?? problem?.title ?? '',
    Array.isArray(problem?.errors) ? problem.errors : [],
    retryAfterSeconds(retryAfter, now),
  );
}

function parse(body: string): Problem | null {
  try {
    const value: unknown = JSON.parse(body);
    return value !== null && typeof value === 'object' ? (value as Problem) : null;
  } catch {
    return null;
  }
}

/** Any thrown value as an ApiError, so that pages handle one kind of failure. */
export function asApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  return new ApiError(0, 'unreadable', error instanceof Error ? error.message : String(error));
}
