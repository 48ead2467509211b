import { computed, signal } from "@preact/signals";
import type { AuditEntry, OfferState, RecoveryState } from "../src/protocol/access-api.ts";
import type { Box, Capabilities, Channel, Client, Programme } from "../src/protocol/api.ts";
import type { Problem } from "./api/problem.ts";
import type { Session } from "./api/session.ts";

/** Where the person is. */
export type Screen =
  | { readonly name: "starting" }
  | { readonly name: "pair"; readonly reason: Problem | null }
  | { readonly name: "channels" | "guide" | "search" }
  | { readonly name: "player" }
  /** Another box than the one that this page was paired with answers here. `kept`: what this page has for that one. */
  | { readonly name: "stranger"; readonly kept: "key" | "cookie" }
  | { readonly name: "error"; readonly problem: Problem };

/** Pages of the sheet about who may watch. */
export type AccessPage =
  | { readonly name: "devices" | "codes" | "pin" | "log" | "elsewhere" | "unlock" }
  | { readonly name: "device" | "limits"; readonly client: string }
  /** With an offer: somebody waits for an answer to it; with a code: a television shows it. */
  | { readonly name: "add"; readonly waiting: OfferState | null; readonly code?: string };

/** Pages of the sheet about the box itself; for owners. */
export const BOX_PAGES = ["tuners", "scan", "line-up", "online", "storage", "watched", "system"] as const;
export interface BoxPage {
  readonly name: (typeof BOX_PAGES)[number];
}

/** Pages of the sheet about programmes. */
export type GuidePage =
  | { readonly name: "programme"; readonly channel: string; readonly programme: Programme }
  | { readonly name: "reminders" };

/** A page of the sheet that lies over the screen. */
export type SheetPage =
  | { readonly name: "settings" }
  /** What there is to know about a channel, and to do with it. */
  | { readonly name: "channel"; readonly channel: string }
  | AccessPage
  | BoxPage
  | GuidePage;

/** The sheet shows what is shown this one time: it stays until the person says to have it. */
export const sheetHeld = signal(false);
export const screen = signal<Screen>({ name: "starting" });
export const box = signal<Box | null>(null);
/** What the app calls itself: its installer's word, or its own. */
export const product = (): string => box.value?.branding?.product ?? "Tellyport";
/** null while the first list is on its way. */
export const channels = signal<readonly Channel[] | null>(null);
/** False while the list is that of the last visit. */
export const fresh = signal(false);
/** A channel that was chosen before the box has answered. */
export const opening = signal<string | null>(null);
export const capabilities = signal<Capabilities | null>(null);
/** False while the box's events do not come through. */
export const live = signal(true);
/** They have not for so long that a person wonders. */
export const longAway = signal(false);
/** Milliseconds since 1970 by the box's clock, moved on a few times a minute. */
export const now = signal(Date.now());
/** Pages of the sheet, the last one on top; empty: it is closed. */
export const sheet = signal<readonly SheetPage[]>([]);
/** This phone's session, and with it its role. */
export const me = signal<Session | null>(null);
/** How the box knows this client; asked only where it limits something. */
export const self = signal<Client | null>(null);
/** Whether there is a PIN that lifts limits; null: not known. */
export const pinSet = signal<boolean | null>(null);
/** Until when a PIN lifts the limits, ms since 1970 by the box's clock. */
export const liftedUntil = signal(0);
/** The last that was heard of an offer; for owners. */
export const offer = signal<OfferState | null>(null);
/** Counts how often somebody began or ceased to watch; for owners and the box's own screen. */
export const watchers = signal(0);
/** Alarms that the owner has not put away, the newest first. */
export const notices = signal<readonly AuditEntry[]>([]);
/** null while it is not known; for owners. */
export const recovery = signal<RecoveryState | null>(null);
/** The owner wants to save recovery codes another time. */
export const recoveryLater = signal(false);
/** This browser will not remember the pairing. */
export const unlasting = signal(false);

/** What a person may choose from: services of data are of no use here. */
export const watchable = computed(() => channels.value?.filter(({ kind }) => kind !== "data") ?? null);

/** Owners have keys: without one a client watches at most. */
export const isOwner = computed(() => me.value?.role === "owner" && me.value.kind === "key");
/** Guests watch what is on air now: no pause, no way back. */
export const liveOnly = computed(() => me.value?.role === "guest");

/** The age that a channel's programme is for, when it is above this client's; null: it may be watched. */
export function tooOldFor(channel: Channel): number | null {
  const most = self.value?.limits?.maximumAge;
  const age = channel.now?.minimumAge;
  if (most === undefined || age === undefined || age <= most || now.value < liftedUntil.value) return null;
  return age;
}

/** Opens a page of the sheet, above what is open there. */
export function openSheet(page: SheetPage): void {
  sheet.value = [...sheet.value, page];
}

/** One page back; from the last one out of the sheet. */
export function leaveSheet(): void {
  if (!sheetHeld.value) sheet.value = sheet.value.slice(0, -1);
}

/** Out of the sheet. */
export function closeSheet(): void {
  if (!sheetHeld.value) sheet.value = [];
}
