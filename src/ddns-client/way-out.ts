import type { OnlineState } from "../protocol/online.ts";
import type { Registration } from "../protocol/registration.ts";
import type { OutsideView } from "./registration/registrar.ts";

/** The box's way into the internet, looked after while it is online. */
export interface WayOut {
  start(): void;
  /** Gives back what the router let in. */
  stop(): Promise<void>;
  view(): OutsideView;
  router(): OnlineState["router"];
  /** What stands between box and internet, by all that is known. @param registration as the cloud said last */
  diagnosis(registration: Registration | null): OnlineState["diagnosis"];
  /** Asks router and STUN servers anew. */
  lookAgain(): Promise<void>;
  /** @returns a function that unsubscribes */
  onChanged(listener: () => void): () => void;
}
