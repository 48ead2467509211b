/** Why nothing came of a request that was sent, or of its answer's body. */
export type FetchTrouble =
  /** No such name, no route, refused, reset, or no HTTP. */
  | "unreachable"
  /** No answer in time. */
  | "timeout"
  /** Nothing more of the body in time. */
  | "silent"
  /** The body is not whole in time. */
  | "too-slow"
  /** The body has more bytes than it may. */
  | "too-large"
  /** Too many redirects, or one that leads to no address. */
  | "bad-redirect";

/** Nobody answered as a web server does. What was not even asked is a TellyportError `fetch-refused`. */
export class FetchFailure extends Error {
  override readonly name = "FetchFailure";
  readonly trouble: FetchTrouble;

  constructor(trouble: FetchTrouble, cause?: unknown) {
    super(`The request failed: ${trouble}.`, cause === undefined ? undefined : { cause });
    this.trouble = trouble;
  }
}
