/** Every screen in every size and both languages; the ordinary run looks at some. */
process.env.TELLYPORT_LOOKS = "every";
await import("../browser/screens.test.ts");
await import("../browser/access-screens.test.ts");
