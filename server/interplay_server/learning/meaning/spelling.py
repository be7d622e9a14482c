"""Forms of words: irregular ones and everyday synonyms, each with the form that stands for them."""

_FORMS = """
be:is/are/was/were/am/been/being have:has/had/having go:goes/went/gone/going do:does/did/done/doing
eat:ate/eaten drink:drank/drunk drive:drove/driven/driving driver:driver buy:bought sell:sold grow:grew/grown
get:got/gotten/getting keep:kept make:made speak:spoke/spoken tell:told teach:taught write:wrote/written/writing
read:read wear:wore/worn child:children wife:wives leave:left person:people/persons shelf:shelves knife:knives
foot:feet tooth:teeth man:men woman:women mouse:mice quit:quitting run:ran/running/runner/runs
swim:swam/swimming/swims begin:began/beginning/begun choose:chose/chosen sleep:slept wake:woke/woken/waking
take:took/taken/taking taking:taking give:gave/given/giving giving:giving think:thought find:found spend:spent
pay:paid lose:lost meet:met break:broke/broken hold:held sit:sat stand:stood see:saw/seen bring:brought
build:built come:came/coming live:living/lives/lived/live marry:married/marries say:says/said become:became
feel:felt ride:rode/riding/rides prefer:prefers/preferred/preferring/preference/preferences
travel:travelling/traveling/traveler/travelled allergy:allergic/allergies/allergens/allergen
vegetarian:vegetarianism vegan:veganism photograph:photography/photos ski:skiing/skis cycle:cycling/cycles
cook:cooking bake:baking paint:painting programme:programming/programs/program outgrow:outgrew/outgrown die:died/dies
overcome:overcame win:won fall:fell hear:heard fly:flies/flew/flown sing:sang throw:threw draw:drew shoe:shoes
diabetes:diabetic asthma:asthmatic smoke:smoker/smoking/smokes employ:employed/employer marriage:marriage
colour:color/colors/colours favourite:favorite/favorites neighbour:neighbor grey:gray
organise:organize/organizes theatre:theater centre:center tyre:tire metre:meter flavour:flavor
behaviour:behavior yoghurt:yogurt licence:license jewellery:jewelry pyjamas:pajamas aeroplane:airplane
daily:daily gluten:glutenfree train:train/trains trainer:trainers/trainer training:training hike:hiking/hiker
garden:gardening camp:camping surf:surfing climb:climbing dance:dancing fish:fishing knit:knitting sail:sailing
jog:jogging late:later early:earlier short:shorter long:longer cheap:cheaper big:bigger small:smaller
quiet:quieter warm:warmer cold:colder good:better/best bad:worse/worst many:more/most little:less/least
large:larger brief:briefer/briefly concise:concisely formal:formally polite:politely detail:detailed/details
direct:directly casual:casually step:steps call:calls/called/calling/named name:named/names
move:moved/moves/moving relocate:relocated lease:leases rent:rents/renting/rented learn:learnt/learned
vegetable:veggies/veggie/vegetables bicycle:bike/bikes retire:retired divorce:divorced engage:engaged
widow:widowed separate:separated intolerant:intolerance/intolerances fluent:fluently/fluency
study:studies/studying weight:weighs weigh:weighs/weighing/weighed work:works/worked/working
"""
IRREGULAR = {
    form: word for entry in _FORMS.split() for word, _, forms in [entry.partition(":")] for form in forms.split("/")
}
"""Dictionary form of an irregular word, and of one whose stem is another than that of its family."""

_SYNONYMS = """
like: love, enjoy, adore, appreciate, relish; dislike: hate, detest, loathe, despise; prefer: favour, favor;
live: reside, dwell; have: own, possess, keep; use: utilise, utilize, employing, rely; want: wish, hope, intend,
plan, aim, desire, aspire, consider, planning; need: require; visit: tour; buy: purchase, order; learn: study;
teach: instruct, tutor; begin: start; finish: end; stop: quit, cease; seat: sit, sitting, seated; program: code,
coding; novel: fiction; lesson: tutorial; fly: flight, flying; university: uni, college; student: undergraduate;
money: cash; illness: disease; company: business; smart: intelligent; owner: proprietor; sofa: settee, couch;
present: gift; fringe: bangs; store: boutique; hobby: pastime; hike: hiking, trek; drink: beverage; meal: dish;
food: cuisine; kitchen: kitchenette; luggage: baggage, suitcase; restaurant: eatery; hotel: hostelry; repair:
fix, mend; husband: hubby; position: post; uniform: outfit; walk: stroll; photo: snapshot; cold: chilly; chat:
chatting; movie: film; rainy: wet; speak: talk; watch: view; exercise: workout; avoid: skip; run: jog, jogging,
jogger; cycle: bicycle; big: large, huge; small: little, tiny; detail: thorough, comprehensive, elaborate,
extensive, lengthy, in-depth, indepth, verbose; short: concise, brief, succinct, terse, compact; formal:
professional; casual: informal, relaxed, friendly; answer: reply, response, explanation, replies; message: text,
texting, sms; call: phonecall, telephone; email: mail, e-mail, emails; child: kid; mother: mom, mum, mama,
mommy; father: dad, daddy, papa; grandmother: grandma, granny; grandfather: grandpa, granddad; spouse: marriage;
partner: significant; fiance: fiancée, fiancee, fiancé; dog: puppy, pup; cat: kitten, kitty; car: automobile,
auto, vehicle; bicycle: bike; motorcycle: motorbike; plane: aeroplane, airplane; bus: coach; underground:
subway, metro, tube; phone: smartphone, cellphone, mobile, handset, cell; laptop: notebook; computer: pc,
desktop; television: tv, telly; flat: apartment, condo, appartment; holiday: vacation; film: movie; game:
gaming; football: soccer; gym: fitness; job: occupation, profession; firm: company; boss: manager, supervisor;
colleague: coworker, co-worker, workmate, teammate; doctor: physician, gp; lawyer: attorney, solicitor; nurse:
nursing; developer: programmer, coder; engineer: engineering; teacher: schoolteacher; flatmate: roommate,
housemate; deadline: due; birthday: bday; trip: journey; city: town; sport: sports; shop: store; supermarket:
grocery; rubbish: trash, garbage; autumn: fall; prawn: shrimp; courgette: zucchini; aubergine: eggplant;
coriander: cilantro; biscuit: cookie; sweets: candy; chips: fries; petrol: gasoline, gas; lift: elevator;
jumper: sweater; trousers: pants; trainer: sneaker; nappy: diaper; cv: resume; vegetable: veg; medicine:
medication, meds; diabetes: diabetic; midday: noon; child-free: childless; birth: born; salary: wage, income;
pricey: expensive, costly; cheap: inexpensive, affordable, low-cost; fast: quick, speedy, rapid; quiet: silent,
calm; pretty: beautiful; happy: glad; ill: sick; afraid: scared, frightened, terrified; language: tongue;
timezone: time-zone; subscription: membership, subscriber, subscribe; soup: broth; bullet: bulletpoint,
bulleted; picture: image; photograph: photo; author: writer; theatre: drama; country: nation; couple: pair;
notification: alert, reminder; scared: fearful; swap: switch; invoice: bill; deliver: delivery; parcel: package
"""
SYNONYMS: dict[str, tuple[str, ...]] = {
    head.strip(): tuple(word.strip() for word in words.split(","))
    for head, _, words in (entry.partition(":") for entry in _SYNONYMS.replace("\n", " ").split(";"))
}
"""Words by the one that stands for them."""
