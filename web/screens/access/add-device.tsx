import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { OfferState } from "../../../src/protocol/access-api.ts";
import type { Offer, Tokens } from "../../../src/protocol/api.ts";
import { formatCode, normaliseCode } from "../../../src/protocol/pairing.ts";
import { clients, loadClients } from "../../access/clients.ts";
import { connection } from "../../here.ts";
import { asProblem } from "../../api/problem.ts";
import { t } from "../../i18n/index.ts";
import { dayTime, ta } from "../../i18n/access.ts";
import * as state from "../../state.ts";
import { Icon } from "../icon.tsx";
import { SheetBody } from "../sheet.tsx";
import { AnswerTelevision } from "./answer-television.tsx";
import { Countdown } from "./countdown.tsx";
import { TERMINAL_ICONS } from "./devices.tsx";
import { limitsWords } from "./limits.tsx";
import { Options, Trouble, useCall, type Call } from "./parts.tsx";
import { Qr } from "./qr.tsx";

const ROLES = ["viewer", "kid", "guest", "owner"] as const satisfies readonly Tokens["role"][];
/** Milliseconds between looks at the offer, should its events not come through. */
const LOOK = 4000;

/**
 * Lets one more device in: its role, the code, and which number it shows.
 * @param props.waiting an offer that somebody has claimed already
 * @param props.code what a television shows that asks to be let in
 */
export function AddDevice({ waiting, code }: { waiting: OfferState | null; code: string | null }) {
  const call = useCall();
  const television = useSignal(code !== null);
  const role = useSignal<Tokens["role"]>("viewer");
  const offer = useSignal<Offer | null>(null);
  const seen = useSignal(waiting);
  /** Of who was let in or not. */
  const name = useSignal(waiting?.claim?.name ?? "");
  const chosen = useSignal<string | null>(null);
  const id = offer.value?.id ?? waiting?.id ?? (television.value ? seen.value?.id : null) ?? null;
  useFollowed(id, (found) => {
    name.value = found.claim?.name ?? name.value;
    seen.value = found;
  });

  // whoever leaves the code behind does not want it to be good any longer
  useEffect(() => {
    if (offer.value === null) return;
    const path = `/api/v1/offers/${offer.value.id}`;
    return () => {
      if (seen.value?.state === "open") void connection.call("DELETE", path).catch(() => undefined);
    };
  }, [offer.value]);

  const open = (): Promise<boolean> =>
    call.run(async () => {
      const opened = await connection.call<Offer>("POST", "/api/v1/offers", { body: { role: role.value } });
      seen.value = {
        id: opened.id,
        role: opened.role,
        expiresAt: opened.expiresAt,
        state: "open",
        claim: null,
      };
      offer.value = opened;
    });
  /** After a pairing somebody else comes, in whichever role; else the same one comes once more. */
  const again = (): void => {
    chosen.value = null;
    const { state: before, role: same } = seen.value ?? {};
    if (before !== "paired" && !television.value) {
      role.value = same ?? role.value;
      return void open();
    }
    seen.value = null;
    offer.value = null;
  };

  return (
    <SheetBody title={t("settings.add")}>
      {seen.value === null && television.value ? (
        <AnswerTelevision
          code={code ?? ""}
          onAnswered={(found) => {
            name.value = found.claim?.name ?? "";
            seen.value = found;
          }}
        />
      ) : seen.value === null ? (
        <ChooseRole
          role={role.value}
          choose={(one) => (role.value = one)}
          call={call}
          open={() => void open()}
          television={() => (television.value = true)}
        />
      ) : seen.value.state === "open" && offer.value !== null ? (
        <ShowCode
          offer={offer.value}
          onOver={() => (seen.value = seen.value && { ...seen.value, state: "closed" })}
        />
      ) : seen.value.state === "waiting" && seen.value.claim !== null ? (
        <WhoWaits
          offer={seen.value}
          claim={seen.value.claim}
          onChoose={(match) => (chosen.value = match)}
          onSeen={(found) => (seen.value = found)}
        />
      ) : (
        <Outcome
          offer={seen.value}
          name={name.value}
          wrongNumber={chosen.value !== null}
          call={call}
          again={again}
        />
      )}
    </SheetBody>
  );
}

/** Hears of an offer by events, and asks for it as well. */
function useFollowed(id: string | null, onSeen: (offer: OfferState) => void): void {
  useEffect(() => {
    if (id === null) return;
    const look = async (): Promise<void> => {
      try {
        onSeen(await lookAt(id));
      } catch (error) {
        if (asProblem(error).code === "offer-not-found") clearInterval(timer);
      }
    };
    const timer = setInterval(() => void look(), LOOK);
    const unsubscribe = state.offer.subscribe((offer) => offer?.id === id && onSeen(offer));
    return () => {
      clearInterval(timer);
      unsubscribe();
    };
  }, [id]);
}

function lookAt(id: string): Promise<OfferState> {
  return connection.call<OfferState>("GET", `/api/v1/offers/${id}`);
}

function ChooseRole(props: {
  role: Tokens["role"];
  choose: (role: Tokens["role"]) => void;
  call: Call;
  open: () => void;
  television: () => void;
}) {
  const options = ROLES.map((role) => ({
    value: role,
    words: t(`role.${role}`),
    note: ta(`role.${role}.note`),
  }));
  return (
    <>
      <section>
        <h3>{ta("add.role")}</h3>
        <Options
          name="role"
          label={ta("add.role")}
          options={options}
          chosen={props.role}
          choose={props.choose}
        />
      </section>
      <Trouble call={props.call} />
      <button class="primary" data-action="open-offer" disabled={props.call.busy.value} onClick={props.open}>
        {ta("add.open")}
      </button>
      <button class="link" data-action="television" onClick={props.television}>
        {ta("add.television")}
      </button>
    </>
  );
}

function ShowCode({ offer, onOver }: { offer: Offer; onOver: () => void }) {
  const code = formatCode(normaliseCode(offer.code) ?? offer.code);
  return (
    <div class="offer" data-offer={offer.id}>
      <p>{ta("add.scan")}</p>
      <Qr text={offer.url} label={ta("add.qr")} />
      <p class="quiet-text">{ta("add.type", { address: new URL(offer.url).host })}</p>
      <p class="big-code mono">{code}</p>
      <Countdown until={offer.expiresAt} onOver={onOver} />
      <p class="label">{ta("add.as", { role: t(`role.${offer.role}`) })}</p>
      <button data-action="cancel-offer" onClick={state.leaveSheet}>
        {ta("cancel")}
      </button>
    </div>
  );
}

function WhoWaits(props: {
  offer: OfferState;
  claim: NonNullable<OfferState["claim"]>;
  onChoose: (match: string | null) => void;
  onSeen: (offer: OfferState) => void;
}) {
  const { offer, claim } = props;
  const call = useCall();
  const decide = (match: string | null): void =>
    void call.run(async () => {
      props.onChoose(match); // before the box's event says what came of it
      const path = `/api/v1/offers/${offer.id}`;
      await connection.call("POST", `${path}/decision`, { body: { match } });
      // a match is a wish: the box says what became of it
      props.onSeen(await lookAt(offer.id).catch(() => closed(offer, match)));
    });
  const kind = claim.terminalType;
  return (
    <div class="offer" data-waiting={offer.id}>
      <p class="who">
        <Icon name={kind === "tv" || kind === "internet" ? TERMINAL_ICONS[kind] : "phone"} />
        <span class="about">
          <strong>{claim.name}</strong>
          <span class={claim.home ? "label" : "label away"}>
            {ta(claim.home ? "add.home" : "add.away")}
            {claim.address !== null && ` · ${claim.address}`}
          </span>
          <span class="label">{ta("add.as", { role: t(`role.${offer.role}`) })}</span>
        </span>
      </p>
      <h3>{ta("add.which")}</h3>
      <div class="numbers" role="group" aria-label={ta("add.which")}>
        {claim.choices.map((number) => (
          <button key={number} data-number={number} disabled={call.busy.value} onClick={() => decide(number)}>
            {number}
          </button>
        ))}
      </div>
      <Trouble call={call} />
      <button class="danger" data-action="deny" disabled={call.busy.value} onClick={() => decide(null)}>
        {ta("add.deny")}
      </button>
    </div>
  );
}

/** An offer that the box has put away already. */
function closed(offer: OfferState, match: string | null): OfferState {
  return { ...offer, state: match === null ? "refused" : "closed", claim: null };
}

function Outcome(props: {
  offer: OfferState;
  name: string;
  wrongNumber: boolean;
  call: Call;
  again: () => void;
}) {
  const { offer, name } = props;
  const outcome = offer.state === "paired" || offer.state === "refused" ? offer.state : "closed";
  const words = outcome === "refused" && props.wrongNumber ? "add.wrong-number" : (`add.${outcome}` as const);
  return (
    <div class="offer" data-outcome={outcome} role="status">
      <Icon name={outcome === "paired" ? "check" : "close"} />
      <p>{ta(words, { name: name === "" ? ta("log.somebody") : name })}</p>
      {outcome === "paired" && (offer.role === "kid" || offer.role === "guest") && (
        <Next role={offer.role} name={name} />
      )}
      <Trouble call={props.call} />
      <button class="primary" data-action="done" onClick={state.leaveSheet}>
        {ta("done")}
      </button>
      <button data-action="another" disabled={props.call.busy.value} onClick={props.again}>
        {ta(outcome === "paired" ? "add.another" : "add.again")}
      </button>
    </div>
  );
}

/** This is done: the next page comes in its place. */
function instead(page: state.SheetPage): void {
  state.leaveSheet();
  state.openSheet(page);
}

/** What holds for the child or guest that just came, and where that is changed. */
function Next({ role, name }: { role: "kid" | "guest"; name: string }) {
  const [newest] = (clients.value ?? [])
    .filter((client) => client.role === role && client.name === name)
    .sort((one, other) => other.pairedAt.localeCompare(one.pairedAt));
  const found = newest !== undefined;
  useEffect(() => {
    if (found) return;
    const look = (): void => void loadClients().catch(() => undefined);
    look();
    const timer = setInterval(look, LOOK);
    return () => clearInterval(timer);
  }, [found]);
  if (newest === undefined) return null;
  return (
    <>
      <p class="quiet-text">
        {role === "guest" && newest.endsAt
          ? ta("device.until", { time: dayTime(newest.endsAt) })
          : ta("add.limits", { limits: limitsWords(newest.limits) })}
      </p>
      {role === "guest" ? (
        <button data-action="to-device" onClick={() => instead({ name: "device", client: newest.id })}>
          {ta("stay.title")}
        </button>
      ) : (
        <>
          <button data-action="to-limits" onClick={() => instead({ name: "limits", client: newest.id })}>
            {ta("limits.title")}
          </button>
          <button data-action="to-pin" onClick={() => instead({ name: "pin" })}>
            {t("settings.pin")}
          </button>
        </>
      )}
    </>
  );
}
