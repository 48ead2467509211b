/** The release; equal to package.json's version (a test compares the two). */
export const VERSION = "0.1.0";
