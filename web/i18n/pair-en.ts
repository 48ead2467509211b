/** Words of the first page, on which a device gets its place; `pair-zh.ts` has the same keys. */
export const pairEn = {
  title: "Watch {box} on this device",
  ready: "The code you scanned is all that is needed.",
  start: "Pair this device",
  code: "Pairing code",
  "code.help":
    "Eight letters: the owner’s phone shows them under “Add a device”, the box itself with “tellyport pair”.",
  "code.strange":
    "Codes have no {letters}. Only these letters occur: B C D F G H J K L M N P Q R S T V W X Z",
  "code.short": "{missing} more to type: a code has eight letters.",
  closed:
    "The box is not waiting for a device just now. First tap “Add a device” on the owner’s phone, or type “tellyport pair” at the box; then come back here.",
  device: "This device is called",
  "device.mobile": "Phone",
  "device.internet": "Computer",
  "device.tv": "TV",
  working: "Pairing…",
  match: "The number of this device",
  "match.help":
    "The owner’s phone is asking which number this is. Once it is tapped there, this page goes on by itself.",
  pass: "You come from a browser that is paired already.",
  "pass.start": "Go on here",
  "recovery.link": "I have a recovery code",
  recovery: "Recovery code",
  "recovery.help":
    "Twenty letters from the list that you saved. It makes this device an owner, and is then used up.",
  "recovery.short": "{missing} more to type: a recovery code has twenty letters, a pairing code eight.",
  "recovery.insecure":
    "A recovery code makes an owner, and that only works on the secure page: type it there.",
  lan: "Over plain http this device can only watch, and only at home.",
  "lan.link": "Open the secure page for everything else",
  other: "Type a code instead",
};

export type PairWords = typeof pairEn;
export type PairKey = keyof PairWords;
