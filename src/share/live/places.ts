import { networkOf, plainAddress } from "../../kernel/network-address.ts";

/** A phone goes from Wi-Fi to mobile, or the other way round: that is all. */
const MOST_PLACES = 2;
const HOME = "home";

/**
 * Where the media of one playback went: the home network is one place, whatever asks in it (a phone, and the television that it
 * sent the picture to); elsewhere each IPv4 address and each IPv6 /64 is one. An address that was passed on works in no third.
 */
export class Places {
  readonly #atHome: (address: string) => boolean;
  readonly #homeOnly: boolean;
  readonly #places: string[] = [];
  /** Of the request before: nearly always the same again. */
  #peer: string | undefined;
  #refused = false;
  #away = false;

  /**
   * @param atHome whether a plain address is in the home network, or is this machine
   * @param homeOnly media go nowhere else; default false
   */
  constructor(atHome: (address: string) => boolean, homeOnly = false) {
    this.#atHome = atHome;
    this.#homeOnly = homeOnly;
  }

  /** @param peer of the accepted socket; undefined: it has closed, or is a tunnel's. @returns whether media may go there */
  admits(peer: string | undefined): boolean {
    if (peer === undefined) return !this.#homeOnly;
    if (peer === this.#peer) return true;
    const place = this.#placeOf(peer);
    if (this.#homeOnly && place !== HOME) return false;
    if (!this.#places.includes(place)) {
      if (this.#places.length >= MOST_PLACES) return false;
      this.#places.push(place);
      this.#away ||= place !== HOME;
    }
    this.#peer = peer;
    return true;
  }

  /** Whether some of it went elsewhere than home. */
  get away(): boolean {
    return this.#away;
  }

  /** @returns true the first time: whoever is refused may ask a thousand times */
  noteRefusal(): boolean {
    const first = !this.#refused;
    this.#refused = true;
    return first;
  }

  #placeOf(peer: string): string {
    const address = plainAddress(peer);
    return this.#atHome(address) ? HOME : networkOf(address);
  }
}
