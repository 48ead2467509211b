/** Words of the television's own page in English; `tv-zh.ts` has the same keys. */
export const tvEn = {
  "screen.name": "The box’s screen",
  "link.old": "This link is no longer good",
  "link.again": "Type “tellyport tv” at the box and open the new link, or let this screen in with a phone:",

  "ask.title": "Watch {box} on this TV",
  "ask.scan": "Scan with your phone",
  "ask.or": "or open Tellyport on it: “Add a device”, then “A TV shows a code already”",
  "ask.owner": "The phone of an owner has to say yes.",
  "ask.qr": "QR code for the owner’s phone",
  "ask.match": "The number of this TV",
  "ask.match.help": "Choose it on the phone. This page then goes on by itself.",
  "ask.wait": "Getting a code…",
  "ask.stopped": "Nobody has scanned the code for an hour.",
  "ask.again": "Show a new code",
  "ask.unclaimed": "This box has no owner yet",
  "ask.unclaimed.help":
    "Its owner pairs a phone first, at the box. This page then goes on by itself with a code of its own.",
  "ask.denied": "This TV was not let in",
  "ask.code": "Type a pairing code instead",

  "first.title": "Hello! This is {box}.",
  "first.scan": "Scan",
  "first.scan.about": "the code with your phone’s camera",
  "first.confirm": "Confirm",
  "first.confirm.about": "your browser warns once: go on all the same",
  "first.watch": "Watch",
  "first.watch.about": "your phone is the owner from then on",

  "offer.title": "Scan with your phone",
  "offer.qr": "QR code for a phone",
  "offer.or": "or open",
  "offer.code": "and type",
  "offer.add": "Add a phone",
  "offer.hide": "Hide the code",
  "offer.paired": "Paired. Enjoy!",

  "home.watch": "Watch TV",
  "home.watching": "Watching now",
  "home.nobody": "Nobody is watching just now.",
  "home.self": "This screen",
  "home.since": "since {time}",
  "home.away": "away from home",
  "home.anywhere": "The box is found from anywhere.",
  "home.only": "The box is found at home only.",
  "todo.channels": "Next: find the channels. Start the search on the owner’s phone.",
  "todo.busy": "The box is searching for channels…",

  "question.title": "Let “{name}” in?",
  "question.which": "Which number does it show?",
  "question.no": "None: don’t let it in",
  "question.later": "Back: decide later",
  "question.home": "It is at home, and would be: {role}",
  "question.away": "It is NOT at home, and would be: {role}",
  "question.yes.done": "“{name}” may watch now.",
  "question.no.done": "“{name}” was not let in.",
  "question.wrong.done": "That is not the number of “{name}”: it was not let in.",
  "question.over": "“{name}” waits no longer.",
  left: "{time} left",

  "list.title": "Channels",
  "list.home": "Home",
};

export type TvWords = typeof tvEn;
export type TvKey = keyof TvWords;
