/** What a fake box says no with. */
export class Refusal extends Error {
  readonly status: number;
  readonly code: string;
  readonly detail: unknown;
  readonly retryAfterMs: number | undefined;
  constructor(status: number, code: string, detail?: unknown, retryAfterMs?: number) {
    super(code);
    this.status = status;
    this.code = code;
    this.detail = detail;
    this.retryAfterMs = retryAfterMs;
  }
}
