import { computed, signal } from "@preact/signals";
import type { Box, Capabilities, Channel } from "../src/protocol/api.ts";
import type { Problem } from "./api/problem.ts";

/** Where the person is. */
export type Screen =
  | { readonly name: "starting" }
  | { readonly name: "pair"; readonly reason: Problem | null }
  | { readonly name: "channels" }
  | { readonly name: "player" }
  | { readonly name: "error"; readonly problem: Problem };

export const screen = signal<Screen>({ name: "starting" });
export const box = signal<Box | null>(null);
/** null while the first list is on its way. */
export const channels = signal<readonly Channel[] | null>(null);
export const capabilities = signal<Capabilities | null>(null);
/** False while the box's events do not come through. */
export const live = signal(true);
/** Milliseconds since 1970 by the box's clock, moved on a few times a minute. */
export const now = signal(Date.now());
export const settingsOpen = signal(false);
/** This browser will not remember the pairing. */
export const unlasting = signal(false);
export const search = signal("");

/** What a person may choose from: services of data are of no use here. */
export const watchable = computed(() => channels.value?.filter(({ kind }) => kind !== "data") ?? null);
