/** Words of an invented help desk. All people and numbers are made up; addresses use the domains that RFC 2606 keeps free. */

export interface Tongue {
  readonly language: string;
  readonly country: string;
  readonly given: readonly string[];
  readonly family: readonly string[];
  readonly streets: readonly string[];
  readonly cities: readonly string[];
}

const words = (text: string): readonly string[] => text.split(" ");

export const tongues: readonly Tongue[] = [
  {
    language: "en",
    country: "US",
    given: words(
      "Ada Grace Joan Mary Alan Ken Dennis Walter Ruth Edith Harold Frances Leon Nora Philip Irene Sidney Vera",
    ),
    family: words(
      "Archer Baxter Cole Dawson Ellery Finch Garland Holt Ingram Jessop Kirby Larkin Mercer Norwood Oakley Prior",
    ),
    streets: words("Elm Mill Station High Chestnut Harbor Orchard Depot"),
    cities: words("Ashford Brookfield Clayton Dunmore Easton Fairview"),
  },
  {
    language: "de",
    country: "DE",
    given: words(
      "Anke Bernd Clara Dieter Elke Frieda Georg Hanna Ingo Jutta Konrad Lena Moritz Nele Otto Paula Rolf Sabine",
    ),
    family: words(
      "Adler Brandt Conrad Dreyer Ebert Falk Gerlach Hartmann Imhof Jansen Köhler Lorenz Möller Nolte Pohl Rüther",
    ),
    streets: words("Linden Bahnhof Garten Mühlen Schul Berg"),
    cities: words("Altenau Birkenfeld Dornstadt Eichwald Fürstenau"),
  },
  {
    language: "ja",
    country: "JP",
    given: words("健 美咲 翔太 葵 直樹 陽子 大輔 結衣 誠 真由美"),
    family: words("青木 石田 上野 岡本 菊地 小林 坂本 田村 中島 西村"),
    streets: words("本町 栄町 緑町 旭町"),
    cities: words("東野市 西原市 南川市 北山市"),
  },
  {
    language: "fr",
    country: "FR",
    given: words(
      "Aline Bruno Céline Denis Élodie François Gaëlle Hervé Inès Jules Laure Maël Noémie Olivier",
    ),
    family: words("Arnaud Bertin Chauvet Duval Étienne Fabre Garnier Hébert Jolivet Lacroix Marchand Noël"),
    streets: words("Moulin Gare Église Tilleuls"),
    cities: words("Aubigny Beaulieu Clairval Montfleur"),
  },
];

export const queues: readonly string[] = ["billing", "devices", "installation", "subscriptions", "general"];
export const teamNames: readonly string[] = ["First line", "Second line", "Billing", "Weekend"];
export const tagNames: readonly string[] = ["refund", "renewal", "slow", "upgrade", "callback", "complaint"];
export const products: readonly string[] = [
  "Shield",
  "Shield Family",
  "Router Guard",
  "Backup",
  "Password Keeper",
  "Parental",
];

export const subjects: readonly string[] = [
  "Charged twice for the renewal",
  "Device won't activate",
  "Slow since the update",
  "How do I move the licence?",
  "Refund for the second year",
  "Phone call about my computer",
  "Can't sign in",
  "Invoice with another name",
];

export const sentences: readonly string[] = [
  "I was charged again although I had cancelled in time.",
  "It says that the key has been used on too many devices.",
  "Since yesterday's update the computer takes ten minutes to start.",
  "Could you please call me back in the afternoon?",
  "Somebody rang and knew my ticket number; was that you?",
  "Thank you, that helped.",
  "I have sent the screenshot that you asked for.",
  "We have refunded the amount; it takes three days to arrive.",
  "Please restart the router and tell us which light is red.",
];
