import { playInChromium } from "./no-idr-in-chromium.ts";

// Fields, and one that was received badly; `scripts/test --long no-idr` plays everything, also in Chromium as it was.
playInChromium({ versions: 1, captures: [1, 3], encoders: false });
