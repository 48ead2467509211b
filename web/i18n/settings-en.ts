/** Words of the settings' first page; `settings-zh.ts` has the same keys. */
export const settingsEn = {
  "codes.none": "none yet",
  who: "Who may watch",
  "the-box": "The box",
  this: "This device",
  box: "Box",
  id: "Identity",
  version: "Version",
  role: "You are",
  until: "You may watch until",
  lan: "LAN viewer (plain http)",
  forget: "Forget this box",
  "forget.sure": "This device will need a new code to watch again.",
  "forget.last": "It is the box’s only owner: nobody could then add or remove devices, or change limits.",
  "forget.codes":
    "Only one of your {count} recovery codes makes a new owner, or “tellyport owner recover” typed at the box itself.",
  "forget.no-codes":
    "You have no recovery codes, so only “tellyport owner recover” typed at the box itself makes a new owner.",
  "forget.yes": "Forget it",
  "forget.no": "Keep it",
  support: "Help",
};

export type SettingsWords = typeof settingsEn;
export type SettingsKey = keyof SettingsWords;
