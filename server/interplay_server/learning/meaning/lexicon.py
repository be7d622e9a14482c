"""Everyday words that exclude each other, are of a kind, or name a relation, a verb or a place."""

ANTONYMS = """
window aisle middle
day night
boy girl
son daughter
first last
new old
morning afternoon evening night
short detail
short long
formal casual
dark light
hot cold iced
hot warm cold
spicy mild bland
sweet savoury sour bitter salty
single marry divorce widow engage separate
married single divorce widow engage separate
vegetarian vegan pescatarian omnivore carnivore
early late
left right
quiet loud noisy
cheap pricey luxury
big small
metric imperial
celsius fahrenheit
indoor outdoor
electric petrol diesel hybrid
automatic manual
public private
full-time part-time
remote office hybrid onsite on-site
weekday weekend
red white rose
economy business
introvert extrovert
left-handed right-handed
beginner intermediate advanced fluent native
daily weekly monthly
soft firm hard
still sparkling
wired wireless
digital paper printed
front back rear
upper lower
high low
ground top
solo group
alone together
alone friend
alone family
before after
wet dry
bullet paragraph prose
serif sans
vertical horizontal
upstairs downstairs
north south east west
increase decrease
open close
on off
sugar !sugar
serious humour funny
technical simple plain
direct gentle
male female
aisle front
spring summer autumn winter
s m l xl xs xxl
smooth crunchy
rare medium well-done
carry-on checked
beach mountain
city countryside suburb
morning-person night-owl
fixed flexible
employed unemployed retired
pass fail
win lose
empty full
broken working
free busy
best worst
more less
maximum minimum
inbound outbound
departure arrival
tab space
debit credit
"""

# Of one category, a person prefers or has at the moment one; people like or own several.
CATEGORIES = """
drink: coffee tea water juice wine beer cola soda lemonade milk espresso cappuccino latte cocoa matcha
drink: smoothie whisky cider
transport: train plane car bus bicycle walk taxi underground tram ferry motorcycle scooter drive fly cycle uber rail
channel: email message call chat slack whatsapp letter telegram signal teams phone post video voice discord zoom
colour: red blue green yellow black white grey orange purple pink brown beige navy turquoise teal silver gold violet
season: spring summer autumn winter
system: windows linux macos mac ubuntu fedora debian
mobile: ios android iphone
lodging: hotel hostel airbnb apartment campsite flat bed-and-breakfast guesthouse villa resort
payment: cash card paypal invoice debit credit crypto
format: bullet paragraph table prose list pdf markdown json spreadsheet word html csv
editor: vscode vim emacs pycharm intellij neovim nano
browser: chrome firefox safari edge brave opera
meat: chicken beef pork lamb fish turkey meat steak
language: english french german spanish portuguese italian dutch japanese chinese mandarin korean arabic
language: russian polish swedish hindi turkish norwegian danish finnish greek
meal: breakfast lunch dinner brunch
place: gym home park pool outdoors outside inside office
music: jazz rock pop classical metal hip-hop techno folk blues rap country
film: comedy thriller horror drama documentary romance action
landscape: beach mountain city countryside sea lake island forest
pet: dog cat
book: paperback ebook audiobook hardcover kindle
unit: kilometre mile kilogram pound
seat: window aisle middle
time: morning afternoon evening night noon midday
store: online supermarket shop market
exercise: gym yoga run swim cycle pilates
"""

MEAT = (
    "meat chicken beef pork lamb steak bacon ham sausage turkey burger duck veal salami fish salmon tuna sushi "
    "seafood prawn "
)
ANIMAL = "egg cheese milk yoghurt butter honey dairy cream"

UNIQUE_RELATIONS = "wife husband spouse mother father fiance boss girlfriend boyfriend partner dentist landlord"
RELATIONS = (
    "wife husband spouse partner girlfriend boyfriend fiance mother father parent sister brother sibling twin "
    "son daughter child baby grandmother grandfather grandparent grandson granddaughter aunt uncle cousin "
    "niece nephew friend colleague boss neighbour flatmate doctor dentist therapist landlord assistant mentor "
    "dog cat pet horse rabbit parrot hamster fish tortoise turtle bird snake pony stepson stepdaughter "
    "mother-in-law father-in-law sister-in-law brother-in-law godson goddaughter ex-wife ex-husband team "
    "family toddler teenager coach "
)
BROADER = (
    "spouse:wife spouse:husband spouse:partner child:son child:daughter parent:mother parent:father "
    "sibling:sister sibling:brother pet:dog pet:cat child:baby child:toddler partner:girlfriend "
    "partner:boyfriend partner:wife partner:husband sibling:twin "
)
PETS = "dog cat pet horse rabbit parrot hamster fish tortoise turtle bird snake pony"

#: Nouns of which a person has one value at a time, whatever the words of the value.
SINGLE_NOUNS = (
    "favourite prefer budget deadline birthday age height weight salary size password pin address code "
    "timezone language_setting surname nickname username handle plate model brand colour version title tone "
    "style format length frequency limit goal target bedtime name number blood type status diet religion "
    "nationality citizenship major degree school university employer rent price cost currency unit theme mode "
    "location venue date time start schedule plan tariff provider bank airline carrier operator insurer doctor "
    "dentist team seat room "
)
FILLERS = (
    "the a an his her their its my our your he she they it i we user customer client currently now usually "
    "generally really very also still just actually mostly typically often normally always rather quite highly "
    "extremely absolutely strongly definitely particularly especially simply that which who some please "
    "basically presently nowadays lately recently today already too so much lot lots of completely truly "
    "personally mainly primarily own all there exactly deeply greatly fully both strictly severely almost "
    "regularly frequently kind sort commonly certain several various severe new current seriously totally "
    "approximately roughly ideally kindly bit yet again regular choice main whole entire either of-choice "
    "question overall actual maximum max total spoken "
)
CONTEXT = (
    "on for at during when while in with from before after by every near under over since until per through "
    "without between if as around about into against because to than into onto inside outside whenever unless "
    "although but so towards of via "
)
DWELLINGS = (
    "flat house studio bungalow cottage farm farmhouse villa loft townhouse boat houseboat penthouse dorm "
    "mansion room maisonette "
)
AREAS = "country countryside suburb city village centre outskirts downtown town"
OCCUPATIONS = (
    "nurse chef cook teacher doctor lawyer pilot student professor architect journalist accountant consultant "
    "dentist mechanic electrician plumber carpenter paramedic surgeon vet veterinarian musician photographer "
    "researcher scientist analyst actor actress author barista judge soldier sailor farmer waiter waitress "
    "cashier secretary librarian clerk translator editor designer developer engineer freelancer manager boss "
    "therapist psychologist pharmacist biologist chemist physicist economist intern apprentice trainee "
    "director ceo cto founder entrepreneur postdoc firefighter policeman officer bartender baker butcher "
    "gardener tailor painter illustrator writer dancer singer midwife physiotherapist optician receptionist "
    "recruiter salesperson tutor lecturer technician administrator coordinator contractor builder courier "
    "hairdresser planner strategist programmer driver specialist "
)

_CITIES = """
germany: berlin munich hamburg cologne frankfurt stuttgart leipzig dresden
france: paris lyon marseille nice bordeaux toulouse
portugal: lisbon porto faro braga coimbra|spain: madrid barcelona valencia seville malaga bilbao
italy: rome milan naples turin florence bologna venice
uk: london manchester birmingham leeds bristol liverpool edinburgh glasgow cardiff oxford cambridge brighton
ireland: dublin cork galway
netherlands: amsterdam rotterdam utrecht eindhoven|belgium: brussels antwerp ghent
austria: vienna graz salzburg linz innsbruck
switzerland: zurich geneva basel bern lausanne|denmark: copenhagen aarhus|sweden: stockholm gothenburg malmo
norway: oslo bergen trondheim
finland: helsinki tampere turku|poland: warsaw krakow gdansk wroclaw poznan|czechia: prague brno|hungary: budapest
greece: athens thessaloniki
turkey: istanbul ankara izmir
usa: boston chicago seattle austin denver houston dallas portland miami atlanta philadelphia phoenix
canada: toronto vancouver montreal ottawa calgary|australia: sydney melbourne brisbane perth adelaide
japan: tokyo osaka kyoto
china: beijing shanghai shenzhen|india: mumbai delhi bangalore chennai pune hyderabad|brazil: recife curitiba
mexico: guadalajara
argentina: rosario|scotland: edinburgh glasgow aberdeen
england: london manchester birmingham leeds bristol liverpool oxford cambridge
wales: cardiff swansea|texas: austin houston dallas|california: oakland sacramento|bavaria: munich nuremberg
egypt: cairo|kenya: nairobi
romania: bucharest|ukraine: kyiv lviv|korea: seoul busan|vietnam: hanoi|thailand: bangkok|nigeria: lagos|peru: lima
chile: santiago|serbia: belgrade
croatia: zagreb split
states: boston chicago seattle austin denver houston dallas portland miami atlanta philadelphia phoenix
america: boston chicago seattle austin denver houston dallas miami|kingdom: london manchester edinburgh
russia: moscow|singapore: singapore|luxembourg: luxembourg|iceland: reykjavik|estonia: tallinn|latvia: riga
lithuania: vilnius|slovenia: ljubljana|israel: haifa|morocco: casablanca rabat
"""
CITIES_OF: dict[str, frozenset[str]] = {
    country.strip(): frozenset(cities.split())
    for entry in _CITIES.replace("\n", "|").split("|")
    if entry.strip()
    for country, cities in [entry.split(":")]
}
"""Large cities by country or region: enough to know that most people's new city lies in their old country."""

VERBS = (
    "be have like prefer live work eat drink speak use want need drive play learn go travel visit pay wear "
    "watch read listen cook run train exercise wake sleep start begin finish meet call own rent buy sell get "
    "keep take give teach write commute walk ride swim cycle smoke study attend do make plan avoid love study "
    "graduate save spend earn owe manage lead build develop grow collect sing dance paint draw knit sew bake "
    "garden hike climb ski surf sail fish hunt volunteer belong join leave quit retire marry divorce move "
    "adopt raise support follow subscribe cancel book order shop bring carry charge fly stay stand turn "
    "weigh measure cost open close run end happen expect feel suffer struggle recover manage handle host "
    "organise celebrate invest trade share store back sync type code program stream record photograph practise "
    "meditate pray believe think know remember forget hope wish aim dislike hate fear worry care tend try seem "
    "look find help ask tell say call text email contact reach answer reply send receive check review sign "
    "switch upgrade replace repair fix clean wash iron vacuum mow feed groom breed ride park fill brew roast "
    "grill order skip invite must should can will would may ought prefer deliver ship return lift stretch lift "
)
MULTIPLE = (
    "@like @allergy @speak have eat drink play watch read listen visit @travel collect cook bake buy attend "
    "wear take @afraid suffer @subscription own @use meet @want @learn need sing know ride grow feed teach "
)
EVENTS = (
    "meeting appointment flight deadline class lesson interview call standup exam delivery party wedding "
    "conference trip train shift session review training concert match "
)

# Verbs and nouns of which one ends or excludes the other, about the same thing.
OPPOSITES = (
    "have sell|have return|rent have|rent buy|accept decline|start finish|begin stop|win lose|open close|pass "
    "fail|join leave|employ leave|increase decrease|book cancel|enter leave|arrive depart|lend borrow|like "
    "avoid|upgrade downgrade|gain lose|have lose|have close|have delete|have drop|have end|have remove|have "
    "donate|fix break|have cancel|keep return|love hate|subscription cancel|import export|renew cancel "
)

BROADER_WORDS = """
pet: dog cat hamster rabbit parrot horse bird tortoise
dog: retriever labrador poodle beagle terrier spaniel dachshund collie husky bulldog corgi chihuahua pug
dog: greyhound labradoodle dalmatian mutt
cat: siamese tabby persian ragdoll sphynx
car: volvo toyota tesla bmw audi golf volkswagen honda ford renault peugeot fiat mini mazda kia hyundai
car: skoda nissan subaru mercedes prius corolla civic polo
phone: iphone pixel galaxy
computer: macbook laptop imac thinkpad
laptop: macbook thinkpad
tablet: ipad
bicycle: e-bike
fish: salmon tuna cod trout
meat: beef pork lamb chicken
fruit: apple banana orange strawberry mango
nut: peanut walnut almond hazelnut cashew
instrument: guitar piano violin cello drum flute trumpet
sport: football tennis basketball volleyball swim climb
child: son daughter
sibling: sister brother
parent: mother father
spouse: wife husband
flower: rose tulip
seafood: prawn shellfish
house: cottage bungalow
"""

DEMONYMS = """
canada:canadian germany:german france:french spain:spanish portugal:portuguese italy:italian japan:japanese
china:chinese india:indian brazil:brazilian mexico:mexican ireland:irish scotland:scottish poland:polish
sweden:swedish norway:norwegian denmark:danish finland:finnish greece:greek turkey:turkish austria:austrian
switzerland:swiss netherlands:dutch belgium:belgian usa:american uk:british australia:australian korea:korean
thailand:thai vietnam:vietnamese russia:russian egypt:egyptian
"""

#: Verbs that are nouns in their bare form before another verb: "order number is".
NOUNS = (
    "order book shop work train park fish store cost rent plan charge support record host trade call watch "
    "ship feed run rate design bill show program start exercise weight drink cook care phone text email ride "
    "study share type code contact help back project search view drive name answer reply check review land "
    "visit fear move step practice training flight meeting cooking running painting finish "
)
