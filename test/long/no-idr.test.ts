import { playInChromium } from "../browser/no-idr-in-chromium.ts";

playInChromium({ versions: 2, captures: [0, 1, 2, 3], encoders: true });
