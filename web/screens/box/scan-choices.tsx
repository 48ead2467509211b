import { useSignal, type Signal } from "@preact/signals";
import type { ScanOptions, ScanRequest } from "../../../src/protocol/api.ts";
import { ownCountry, placesToScan, scanRequest, type Where } from "../../box/scan-view.ts";
import { countryName, tb } from "../../i18n/box.ts";
import { Options, type Call } from "../access/parts.tsx";
import { Icon } from "../icon.tsx";

/** Bytes that the box takes of tuning data. */
const MOST = 1024 * 1024;
/** Countries that are shown at a time: who types a letter or two finds any. */
const SHOWN = 12;

interface Data {
  readonly name: string;
  readonly text: string;
}

/** What to scan: only what the tuners that are there can receive. */
export function ScanChoices(props: {
  options: ScanOptions;
  call: Call;
  start: (request: ScanRequest) => void;
}) {
  const { options, call, start } = props;
  const places = placesToScan(options);
  const where = useSignal<Where | null>(places[0] ?? null);
  const country = useSignal(ownCountry(navigator.languages, options.countries));
  const satellite = useSignal<string | null>(options.satellites[0] ?? null);
  const data = useSignal<Data | null>(null);
  if (places.length === 0) return <p class="note">{tb("scan.where.none")}</p>;
  const request = scanRequest({
    where: where.value,
    country: country.value,
    satellite: satellite.value,
    initial: data.value?.text ?? null,
  });
  return (
    <>
      <section>
        <h3>{tb("scan.where")}</h3>
        <Options
          name="where"
          label={tb("scan.where")}
          wide
          options={places.map((value) => ({
            value,
            words: tb(`scan.where.${value}`),
            note: tb(`scan.where.${value}.note`),
          }))}
          chosen={where.value ?? undefined}
          choose={(value) => (where.value = value)}
        />
      </section>
      {(where.value === "air" || where.value === "cable") && (
        <Country chosen={country} countries={where.value === "cable" ? options.cable : options.countries} />
      )}
      {where.value === "satellite" && (
        <Satellite satellites={options.satellites} chosen={satellite} data={data} />
      )}
      <button
        class="primary"
        data-action="scan"
        disabled={request === null || call.busy.value}
        onClick={() => request !== null && start(request)}
      >
        {tb("scan.start")}
      </button>
    </>
  );
}

/** One of many: those that match what is typed, as buttons, which every remote control reaches. */
function Country({ chosen, countries }: { chosen: Signal<string | null>; countries: readonly string[] }) {
  const choosing = useSignal(false);
  const text = useSignal("");
  const name = chosen.value !== null && countries.includes(chosen.value) ? countryName(chosen.value) : null;
  if (!choosing.value)
    return (
      <button class="entry framed" data-action="country" onClick={() => (choosing.value = true)}>
        <span class="about">
          <span class="label">{tb("scan.country")}</span>
          <span>{name ?? tb("scan.country.choose")}</span>
        </span>
        <Icon name="on" />
      </button>
    );
  const found = countries
    .map((code) => ({ code, words: countryName(code) }))
    .filter(({ code, words }) => matches(words, text.value) || code === text.value.trim().toUpperCase())
    .sort((a, b) => a.words.localeCompare(b.words));
  return (
    <section>
      <label class="field">
        <span>{tb("scan.country.find")}</span>
        <input
          type="search"
          name="country"
          autocomplete="off"
          enterKeyHint="search"
          value={text.value}
          onInput={(event) => (text.value = event.currentTarget.value)}
        />
      </label>
      <div class="options" role="group" aria-label={tb("scan.country")}>
        {found.slice(0, SHOWN).map(({ code, words }) => (
          <button
            key={code}
            data-country={code}
            aria-pressed={code === chosen.value}
            onClick={() => {
              chosen.value = code;
              choosing.value = false;
            }}
          >
            <span>{words}</span>
          </button>
        ))}
      </div>
      {found.length === 0 && <p class="quiet-text">{tb("scan.country.nomatch")}</p>}
      {found.length > SHOWN && <p class="label">{tb("and-more", { count: found.length - SHOWN })}</p>}
    </section>
  );
}

function matches(words: string, text: string): boolean {
  const plain = (one: string): string => one.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
  return plain(words).includes(plain(text.trim()));
}

function Satellite(props: {
  satellites: readonly string[];
  chosen: Signal<string | null>;
  data: Signal<Data | null>;
}) {
  const { satellites, chosen, data } = props;
  const tooLarge = useSignal(false);
  const read = async (file: File | undefined): Promise<void> => {
    if (file === undefined) return;
    tooLarge.value = file.size > MOST;
    data.value = tooLarge.value ? null : { name: file.name, text: await file.text() };
  };
  return (
    <section>
      {satellites.length === 0 && data.value === null && (
        <p class="quiet-text">{tb("scan.satellites.none")}</p>
      )}
      {satellites.length > 0 && (
        <Options
          name="satellite"
          label={tb("scan.where.satellite")}
          options={satellites.map((value) => ({ value, words: value.replace(/([EW])$/, "° $1") }))}
          chosen={data.value === null ? (chosen.value ?? undefined) : undefined}
          choose={(value) => {
            chosen.value = value;
            data.value = null;
          }}
        />
      )}
      <label class="file-field">
        <span>
          {data.value === null ? tb("scan.file") : tb("scan.file.chosen", { name: data.value.name })}
        </span>
        <span class="label">{tb("scan.file.note")}</span>
        <input type="file" name="initial" onChange={(event) => void read(event.currentTarget.files?.[0])} />
      </label>
      {tooLarge.value && <p class="problem">{tb("scan.file.large")}</p>}
    </section>
  );
}
