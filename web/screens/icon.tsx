/** Line icons, 24 by 24, drawn in the text's colour. */
const PATHS = {
  back: "M15 5l-7 7 7 7",
  up: "M6 15l6-6 6 6",
  down: "M6 9l6 6 6-6",
  play: "M8 5.5v13l10.5-6.5z",
  pause: "M8 5v14M16 5v14",
  sound: "M4 9.5v5h3.5L12 18.5v-13L7.5 9.5zM15.5 9a4.2 4.2 0 010 6M18 6.5a7.8 7.8 0 010 11",
  muted: "M4 9.5v5h3.5L12 18.5v-13L7.5 9.5zM16 9.5l5 5M21 9.5l-5 5",
  fullscreen: "M4 9V4h5M20 9V4h-5M4 15v5h5M20 15v5h-5",
  window: "M9 4v5H4M15 4v5h5M9 20v-5H4M15 20v-5h5",
  track: "M5 7h14M5 12h9M5 17h5M17 13v6M20 15v2",
  subtitles: "M4 5.5h16v13H4zM7 12h4M14 12h3M7 15.2h7M16.5 15.2h.5",
  quality: "M4 18.5V15M9.3 18.5V12M14.7 18.5V8.5M20 18.5V5",
  rewind: "M7.5 5L4 8.5 7.5 12M4.5 8.5H13a5.5 5.5 0 010 11H8",
  forward: "M16.5 5L20 8.5 16.5 12M19.5 8.5H11a5.5 5.5 0 000 11h5",
  settings: "M4 7h9M17 7h3M4 17h3M11 17h9M15 4.8v4.4M9 14.8v4.4",
  search: "M10.5 17a6.5 6.5 0 100-13 6.5 6.5 0 000 13zM15.5 15.5L20 20",
  close: "M6 6l12 12M18 6L6 18",
  lock: "M7 11V8a5 5 0 0110 0v3M5.5 11h13v9h-13z",
  on: "M9.5 6l6 6-6 6",
  add: "M12 5v14M5 12h14",
  devices: "M3 6h12v9H3zM6 19h6M17 9h4v11h-4z",
  phone: "M8 3h8v18H8zM11 18h2",
  computer: "M4 5h16v11H4zM2 20h20",
  tv: "M3 5h18v12H3zM8 21h8",
  key: "M14.5 13a4.5 4.5 0 10-4-2.4L4 17v3h3v-2h2v-2h2l2-2.6c.5.2 1 .3 1.5.3zM15.5 8.5h0",
  log: "M6 4h12v16H6zM9 8.5h6M9 12h6M9 15.5h3",
  elsewhere: "M10 6H5v13h13v-5M13 5h6v6M19 5l-8 8",
  check: "M5 12.5l4.5 4.5L19 7",
  erase: "M9 6h12v12H9l-6-6zM12.5 9.5l5 5M17.5 9.5l-5 5",
  alarm: "M12 4l9 16H3zM12 10v5M12 17.5h0",
  live: "M3 5h18v12H3zM8 21h8M10 8.5v5l4-2.5z",
  guide: "M4 5h16v14H4zM4 9.5h16M9 9.5V19M9 14h11",
  bell: "M6 16.5V11a6 6 0 0112 0v5.5l1.5 1.5h-15zM10 20.5h4",
  list: "M8 6.5h12M8 12h12M8 17.5h12M4 6.5h0M4 12h0M4 17.5h0",
  clock: "M12 20a8 8 0 100-16 8 8 0 000 16zM12 7.5V12l3 2",
  antenna:
    "M12 11v10M8.5 21h7M12 11h0M8.5 7.5a5 5 0 000 7M15.5 7.5a5 5 0 010 7M6 5a8.5 8.5 0 000 12M18 5a8.5 8.5 0 010 12",
  globe: "M12 21a9 9 0 100-18 9 9 0 000 18zM3 12h18M12 3c3 3 3 15 0 18M12 3c-3 3-3 15 0 18",
  disk: "M5 5h14l2 8v6H3v-6zM3 13h18M17 16h1",
  history: "M4 12a8 8 0 108-8 8 8 0 00-6.5 3.5M5 3.5v4h4M12 8v4.5l3 2",
  system: "M7 7h10v10H7zM10 3v4M14 3v4M10 17v4M14 17v4M3 10h4M3 14h4M17 10h4M17 14h4",
  home: "M4 11l8-7 8 7M6 9.5V20h12V9.5M10 20v-5h4v5",
  star: "M12 4l2.5 5.2 5.7.8-4.1 4 1 5.6-5.1-2.7-5.1 2.7 1-5.6-4.1-4 5.7-.8z",
  more: "M4.8 12a.6.6 0 101.2 0a.6.6 0 10-1.2 0M11.4 12a.6.6 0 101.2 0a.6.6 0 10-1.2 0M18 12a.6.6 0 101.2 0a.6.6 0 10-1.2 0",
  radio: "M5 9h14v10H5zM8 9l8-4.5M9.5 14h0M14 12.5v3M16.5 12.5v3",
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name }: { name: IconName }) {
  return (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d={PATHS[name]} />
    </svg>
  );
}

/** The app's own sign: a screen with something playing. */
export function Logo() {
  return (
    <svg class="logo" viewBox="0 0 48 48" aria-hidden="true" focusable="false">
      <rect x="5" y="9" width="38" height="26" rx="5" />
      <path class="logo-play" d="M20.5 16v12l10-6z" />
      <path d="M17 41h14" />
    </svg>
  );
}
