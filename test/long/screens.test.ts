/** Every screen in every size and both languages; the ordinary run looks at some. */
process.env.TELLYPORT_LOOKS = "every";
await import("../browser/screens.test.ts");
await import("../browser/pair-screens.test.ts");
await import("../browser/live-screens.test.ts");
await import("../browser/player-screens.test.ts");
await import("../browser/player-problem-screens.test.ts");
await import("../browser/guide-screens.test.ts");
await import("../browser/access-screens.test.ts");
await import("../browser/owner-screens.test.ts");
await import("../browser/away-screens.test.ts");
await import("../browser/tv-screens.test.ts");
