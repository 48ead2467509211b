/** The release; equal to package.json's version (a test compares the two). */
export const VERSION = "0.1.0";

/** When this release was made, epoch milliseconds. A clock that reads less is wrong. */
export const RELEASED_AT = Date.UTC(2026, 10, 20);
