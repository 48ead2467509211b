/** Words of the list of channels in English; `live-zh.ts` has the same keys. */
export const liveEn = {
  continue: "Continue watching",
  begin: "Start watching",
  "begin.name": "Watch {name}",
  groups: "Parts of the list",
  "group.all": "All",
  "group.favourites": "Favourites",
  "group.tv": "Television",
  "group.radio": "Radio",
  "group.free": "Can be watched now",
  lead: "Favourites first",
  "star.add": "Add {name} to the favourites",
  "star.remove": "Remove {name} from the favourites",
  next: "{time} {title}",
  "why.scrambled": "Encrypted",
  "why.no-signal": "No signal",
  "why.busy": "All tuners are busy",
  "why.video": "Not for this device: {codec}",
  "why.audio": "Not for this device: {codec}",
  "why.data": "Data service",
  "version.new": "There is a new version of this app.",
  "version.take": "Use it now",
  "away.note": "The box has not answered for a while.",
  "away.show": "What to do",
};

export type LiveKey = keyof typeof liveEn;
