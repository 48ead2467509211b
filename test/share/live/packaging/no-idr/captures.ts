/** Every broadcast with H.264 that there is. None has an IDR picture. */
export const CAPTURES: readonly {
  readonly name: string;
  readonly service: number;
  /** Received with errors. */
  readonly lossy: boolean;
  readonly width: number;
}[] = [
  // The square pixels' width, which is what a player shows.
  { name: "dvbs-fr-canalsat-2svc-h264-ac3-eitpf-3s.ts", service: 8802, lossy: false, width: 1920 },
  { name: "dvbs-fr-canalsat-2svc-h264-ac3-eitpf-3s.ts", service: 8810, lossy: false, width: 1920 },
  { name: "dvbs-fr-canalsat-scrambled-and-clear-2s.ts", service: 8810, lossy: false, width: 1920 },
  { name: "dvbt-fr-franceinfo-h264-eac3-dvbsub-7s.ts", service: 262, lossy: true, width: 1047 },
];
