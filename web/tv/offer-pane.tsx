import type { Offer } from "../../src/protocol/api.ts";
import { formatCode, normaliseCode } from "../../src/protocol/pairing.ts";
import { tt } from "../i18n/tv.ts";
import { Qr } from "../screens/access/qr.tsx";

/** What a phone scans, and what is typed where it cannot. @param props.scanned what the QR code holds; default: the offer's own address */
export function OfferPane(props: { offer: Offer | null; scanned?: string | undefined; heading?: boolean }) {
  const { offer, scanned = offer?.url ?? "", heading = true } = props;
  if (offer === null) return <div class="tv-offer" aria-busy="true" />;
  return (
    <section class="tv-offer" data-offer={offer.id} data-address={scanned} aria-label={tt("offer.title")}>
      {heading && <h2>{tt("offer.title")}</h2>}
      <Qr text={scanned} label={tt("offer.qr")} />
      <p class="tv-still">
        <span class="quiet-text">{tt("offer.or")}</span> <strong>{new URL(offer.url).host}</strong>{" "}
        <span class="quiet-text">{tt("offer.code")}</span>
      </p>
      <p class="tv-code mono">{formatCode(normaliseCode(offer.code) ?? offer.code)}</p>
    </section>
  );
}
