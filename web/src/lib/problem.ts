import type { components } from './schema.gen';

export type Problem = components['schemas']['Problem'];

/** An answer of the server that is a problem (RFC 9457). */
export class ProblemError extends Error {
  override readonly name = 'ProblemError';
  readonly status: number;
  /** What programs tell problems by: `invalid_query`. */
  readonly code: string;
  readonly title: string;
  readonly detail: string;
  readonly requestId: string | undefined;
  /** What exactly was wrong, where there is more to say than `detail` does. */
  readonly details: Record<string, unknown>;
  /** How many seconds to wait before asking again. */
  readonly retryAfter: number | undefined;
  /** When that is, as `Date.now()` tells it. */
  readonly retryAt: number | undefined;

  constructor(problem: Partial<Problem>, response: Response) {
    super(problem.detail ?? problem.title ?? response.statusText);
    this.status = response.status;
    this.code = problem.error ?? 'unknown';
    this.title = problem.title ?? (response.statusText || String(response.status));
    this.detail = problem.detail ?? '';
    this.requestId = problem.request_id ?? response.headers.get('x-request-id') ?? undefined;
    this.details = problem.details ?? {};
    const seconds = Number(response.headers.get('retry-after') ?? Number.NaN);
    this.retryAfter = Number.isFinite(seconds) ? seconds : undefined;
    this.retryAt = this.retryAfter === undefined ? undefined : Date.now() + this.retryAfter * 1000;
  }

  /** The field of a form that was wrong, when it was one. */
  get parameter(): string | undefined {
    return typeof this.details.parameter === 'string' ? this.details.parameter : undefined;
  }
}

/** Nothing came back: no network, or no server. */
export class Unreachable extends Error {
  override readonly name = 'Unreachable';

  constructor(cause: unknown) {
    super('the server cannot be reached', { cause });
  }
}

/** Whether it is not for whoever asks: they have not signed in, or may not. */
export const isRefused = (error: unknown) => error instanceof ProblemError && (error.status === 401 || error.status === 403);

/** Whether asking the same again later may go better. */
export function mayPass(error: unknown): boolean {
  return error instanceof Unreachable || (error instanceof ProblemError && (error.status >= 500 || error.status === 429));
}
