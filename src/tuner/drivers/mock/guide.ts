/** The programme guide of the mock: a function of service and time, the same on every run. */

export interface MockEvent {
  /** 0..65535, unique within the service for years. */
  readonly id: number;
  /** Epoch milliseconds, UTC. */
  readonly startsAt: number;
  readonly duration: number;
  readonly title: string;
  readonly description: string;
  /** Years; null: nobody has rated it. */
  readonly minimumAge: number | null;
}

const HALF_HOUR = 1_800_000;

type Language = "zho" | "fra" | "eng";

type MockProgramme = readonly [title: string, description: string, minimumAge?: number];

const PROGRAMMES: Record<Language, readonly MockProgramme[]> = {
  zho: [
    ["新闻报道", "今天的国内外要闻。"],
    ["天气与交通", "各地天气预报和道路情况。"],
    ["纪录片：江河", "沿着大江从雪山走到海边。"],
    ["美食之旅", "走进老街小巷，寻找家常味道。"],
    ["名家戏曲", "经典唱段选播。"],
    ["科学公开课", "为什么天空是蓝色的？"],
    ["少儿动画", "小熊和朋友们的新冒险。"],
    ["音乐会", "交响乐团现场演出实况。"],
  ],
  fra: [
    ["Le journal", "L'actualité du jour en France et dans le monde."],
    ["Météo et marées", "Le temps qu'il fera sur les côtes et dans les terres."],
    ["Les îles oubliées", "Documentaire : une traversée de l'archipel à la voile."],
    ["À table !", "Une recette de saison, expliquée pas à pas."],
    ["Ciné-club", "Un classique du cinéma français, présenté et commenté.", 16],
    ["Où êtes-vous ?", "Jeu : reconnaître un lieu en trois images."],
    ["Contes du soir", "Une histoire dessinée pour les plus jeunes."],
    ["Concert à l'opéra", "Œuvres de Fauré et de Saint-Saëns."],
  ],
  eng: [
    ["The News", "The day's events at home and abroad."],
    ["Weather for Sailors", "Wind and tide for the next two days."],
    ["Lighthouses", "Documentary: who still keeps the lamps burning."],
    ["The Allotment", "What to sow this week, and what to leave alone."],
    ["Match of the Week", "Full coverage, with the table and the talking points."],
    ["Quiz at Seven", "Two teams, thirty questions, one cup."],
    ["Storytime", "A tale for younger viewers."],
    ["Late Concert", "Chamber music from the town hall."],
  ],
};

/** A number without pattern out of two; the same every time. */
function mixed(a: number, b: number): number {
  let value = (Math.imul(a, 0x9e3779b1) ^ Math.imul(b, 0x85ebca6b)) >>> 0;
  value = Math.imul(value ^ (value >>> 15), 0x2c1b3c6d) >>> 0;
  return (value ^ (value >>> 12)) >>> 0;
}

/**
 * The event that is on at a time. In every hour (UTC) a service shows one event of 60 minutes or two of 30.
 * @param at epoch milliseconds
 */
export function eventAt(serviceId: number, language: Language, at: number): MockEvent {
  const halfHour = Math.floor(at / HALF_HOUR);
  const hour = Math.floor(halfHour / 2);
  const whole = mixed(serviceId, hour) % 3 === 0;
  const first = whole ? hour * 2 : halfHour;
  const list = PROGRAMMES[language];
  const [title, description, minimumAge = null] = list[mixed(serviceId, first) % list.length] ?? ["", ""];
  return {
    id: first & 0xffff,
    startsAt: first * HALF_HOUR,
    duration: whole ? 2 * HALF_HOUR : HALF_HOUR,
    title,
    description,
    minimumAge,
  };
}

/** All events that begin in [from, to), in order. */
export function eventsBetween(serviceId: number, language: Language, from: number, to: number): MockEvent[] {
  const events: MockEvent[] = [];
  for (let at = from; at < to;) {
    const event = eventAt(serviceId, language, at);
    if (event.startsAt >= from) events.push(event);
    at = event.startsAt + event.duration;
  }
  return events;
}
