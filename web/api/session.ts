import type { Tokens } from "../../src/protocol/api.ts";
import type { Signer } from "./dpop.ts";

/**
 * This phone's place at one box: with a key of its own; or with a cookie as its credential, over https where the browser
 * keeps no keys (`browser`) or over plain http at home (`lan`).
 */
export type Session =
  | {
      readonly kind: "key";
      readonly client: string;
      readonly role: Tokens["role"];
      readonly signer: Signer;
      /** null: it travels in a cookie that script cannot read. */
      readonly refreshToken: string | null;
    }
  | { readonly kind: "lan" | "browser"; readonly client: string; readonly role: Tokens["role"] };

/** Where sessions outlive the page. */
export interface SessionStore {
  load(box: string): Promise<Session | null>;
  /** @returns false when this browser refuses to keep it: the session ends with the tab */
  save(box: string, session: Session): Promise<boolean>;
  forget(box: string): Promise<void>;
  /** Runs `work` while no other tab of this origin does: refresh tokens rotate, two tabs must not race. */
  exclusively<T>(work: () => Promise<T>): Promise<T>;
}
