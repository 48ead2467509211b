/** Words of the page that shows when the box is not reached, in English; `away-zh.ts` has the same keys. */
export const awayEn = {
  "offline.title": "This device is offline",
  "offline.about":
    "It has no network just now. Switch on Wi-Fi or mobile data; this page goes on by itself as soon as there is a connection.",
  title: "“{box}” does not answer",
  "title.none": "The box does not answer",
  "outside.about":
    "You are at the address for on the go. At home many routers do not lead back in by it: there, open the box at home.",
  "inside.about":
    "You are at the box’s address at home. It is not reached from elsewhere: if you are out, open the address for on the go.",
  "silent.about": "This device has a network, and the box cannot be reached through it.",
  check: "What may help",
  "check.power": "Is the box switched on, and is its network cable plugged in?",
  "check.router": "Is the router at home running, and online?",
  "check.wifi": "Is this device in the same network as the box, and not in a guest Wi-Fi?",
  "check.name": "After the router got a new address it can take a few minutes until the box’s name follows.",
  ways: "Other ways to the box",
  "way.home": "At home",
  "way.home.about": "In the same network as the box",
  "way.local": "At home, without internet",
  "way.local.about": "By the name in the home network; most devices find it",
  "way.address": "At home, by number",
  "way.address.about": "When names do not work. This device may have to be paired there once",
  "way.away": "On the go",
  "way.away.about": "From anywhere, by the box’s address on the internet",
  trying: "Asking the box…",
  waiting: "It is asked again by itself, also when the network is back.",
  now: "Ask now",
  list: "Channels",
  reached: "Last reached {when}",
  just: "just now",
};

export type AwayKey = keyof typeof awayEn;
