"""Word lists of the rules: kin, pets, occupations, conditions, diets, devices; all in lower case."""


def word_set(text: str) -> frozenset[str]:
    """The words of a list parted by white space."""
    return frozenset(text.split())


_PARTNERS = word_set(
    """wife husband partner spouse girlfriend boyfriend fiance fiancee fiancé fiancée hubby missus gf bf wifey so"""
) - {"so"}
_CHILDREN = word_set("son daughter kid child baby toddler stepson stepdaughter newborn boy girl infant teen teenager")
_PARENTS = word_set("mum mom mother dad father mam mama papa mommy mummy daddy stepmother stepfather stepmum stepdad")
_SIBLINGS = word_set("brother sister sibling twin sis bro stepbrother stepsister")
_ELDERS = word_set(
    "grandmother grandma grandfather grandpa grandad granddad nan gran granny nana grandson granddaughter grandchild"
)
_HOUSEHOLD = word_set("roommate flatmate housemate roomie")
PETS = word_set(
    """dog cat puppy kitten rabbit bunny hamster parrot budgie horse pony tortoise turtle goldfish fish bird snake
    lizard gecko ferret guinea chinchilla pug labrador lab retriever terrier poodle beagle dachshund bulldog
    collie spaniel husky corgi chihuahua greyhound shepherd labradoodle cockapoo whippet rottweiler pet
    canary cockatiel rat mouse gerbil hedgehog donkey goat hen chicken rooster duck goose cow pig sheep
    llama alpaca tarantula iguana axolotl pup doggo kitty"""
)
MARRIED = _PARTNERS
CHILDREN = _CHILDREN
KIN = _PARTNERS | _CHILDREN | _PARENTS | _SIBLINGS | _ELDERS | _HOUSEHOLD
PLURAL_KIN = {
    "kids": "kid",
    "children": "child",
    "sons": "son",
    "daughters": "daughter",
    "parents": "parent",
    "twins": "twin",
    "brothers": "brother",
    "sisters": "sister",
    "siblings": "sibling",
    "boys": "boy",
    "girls": "girl",
    "grandkids": "grandchild",
    "grandchildren": "grandchild",
    "grandparents": "grandparent",
    "babies": "baby",
    "toddlers": "toddler",
    "teenagers": "teenager",
    "teens": "teen",
    "triplets": "triplet",
    "grandsons": "grandson",
    "granddaughters": "granddaughter",
    "roommates": "roommate",
    "flatmates": "flatmate",
    "housemates": "housemate",
    "puppies": "puppy",
    "bunnies": "bunny",
    "kitties": "kitty",
    "ponies": "pony",
    "huskies": "husky",
    "collies": "collie",
    "mice": "mouse",
    "geese": "goose",
    "in-laws": "parent in law",
    "goldfish": "goldfish",
    "fish": "fish",
    "sheep": "sheep",
    "family": "family",
    "household": "household",
}
RELATIVES = KIN | word_set("stepchildren uncle aunt auntie cousin niece nephew godson goddaughter grandparent family")

DIETS = word_set(
    """vegan vegetarian veggie pescatarian pescetarian flexitarian keto kosher halal omnivore celiac coeliac
    carnivore fruitarian paleo teetotal teetotaler teetotaller lactovegetarian"""
)
CONDITIONS = word_set(
    """diabetes asthma epilepsy adhd add autism dyslexia anxiety depression migraine migraines arthritis eczema
    psoriasis hypertension anaemia anemia celiac coeliac ibs crohn crohns crohn's insomnia ptsd ocd
    scoliosis endometriosis pcos fibromyalgia lupus hypothyroidism hyperthyroidism copd tinnitus vertigo
    gout osteoporosis rosacea glaucoma cataracts parkinson parkinsons parkinson's ms hemophilia haemophilia
    sciatica tendonitis tendinitis gerd bipolar schizophrenia apnea apnoea hepatitis hiv arrhythmia angina
    neuropathy dyspraxia alopecia vitiligo cancer dementia alzheimer alzheimers alzheimer's hayfever reflux
    heartburn dyscalculia narcolepsy hypoglycemia hypoglycaemia claustrophobia agoraphobia arachnophobia"""
)
CONDITION_ADJECTIVES = word_set(
    """diabetic asthmatic epileptic dyslexic autistic deaf blind colourblind colorblind anaemic anemic
    neurodivergent disabled immunocompromised celiac coeliac bipolar paraplegic hypertensive claustrophobic
    prediabetic insomniac paralysed paralyzed nearsighted farsighted shortsighted longsighted dyspraxic
    hypothyroid menopausal perimenopausal"""
)
NATIONALITIES = word_set(
    """american british english scottish welsh irish french german spanish portuguese italian dutch belgian swiss
    austrian danish swedish norwegian finnish icelandic polish czech slovak hungarian romanian bulgarian
    greek turkish russian ukrainian serbian croatian bosnian albanian slovenian estonian latvian lithuanian
    georgian armenian israeli lebanese syrian iraqi iranian persian saudi egyptian moroccan algerian
    tunisian nigerian ghanaian kenyan ethiopian ugandan tanzanian zimbabwean indian pakistani bangladeshi
    nepali nepalese chinese japanese korean taiwanese thai vietnamese filipino filipina indonesian malaysian
    singaporean australian mexican brazilian argentinian argentine chilean colombian peruvian venezuelan
    cuban canadian jamaican african asian european latina latino hispanic black white kiwi aussie
    scandinavian"""
)
LANGUAGES = word_set(
    """english french german spanish portuguese italian dutch danish swedish norwegian finnish icelandic polish
    czech slovak hungarian romanian bulgarian greek turkish russian ukrainian serbian croatian albanian
    slovenian estonian latvian lithuanian georgian armenian hebrew arabic persian farsi urdu hindi bengali
    punjabi tamil telugu gujarati marathi nepali chinese mandarin cantonese japanese korean thai vietnamese
    tagalog filipino indonesian malay swahili amharic yoruba igbo hausa zulu afrikaans latin esperanto
    catalan basque galician welsh irish gaelic yiddish kurdish pashto somali flemish asl bsl malayalam
    kannada sinhala mongolian deutsch español français"""
)
_ROLES = word_set(
    """nurse doctor teacher student engineer developer programmer designer lawyer attorney solicitor barrister
    accountant architect chef cook baker barista waiter waitress bartender plumber electrician carpenter
    mechanic driver pilot firefighter paramedic police policeman soldier veteran marine journalist writer
    author editor photographer artist musician singer actor actress dancer painter poet librarian professor
    lecturer researcher scientist biologist chemist physicist mathematician statistician analyst consultant
    manager director ceo cto cfo founder entrepreneur freelancer contractor builder farmer gardener florist
    vet veterinarian dentist pharmacist therapist psychologist psychiatrist physiotherapist physio midwife
    surgeon radiologist cardiologist optician hairdresser barber beautician tailor cleaner janitor cashier
    clerk secretary assistant receptionist salesman saleswoman salesperson realtor broker banker economist
    auditor trader translator interpreter tutor coach trainer instructor principal headteacher nanny
    babysitter au-pair carer caregiver caretaker housewife homemaker househusband landlord pensioner retiree
    intern apprentice trainee undergraduate postgrad undergrad graduate phd postdoc sophomore freshman
    junior senior pastor priest rabbi imam nun monk judge politician diplomat sailor captain fisherman
    butcher welder machinist technician sysadmin admin administrator operator dispatcher courier streamer
    youtuber blogger influencer podcaster gamer model athlete swimmer runner cyclist climber footballer
    boxer golfer surfer skier hiker vegan recruiter marketer copywriter strategist planner logistician buyer
    merchandiser estimator surveyor geologist astronomer historian archaeologist anthropologist sociologist
    philosopher linguist curator conservator illustrator animator filmmaker director producer composer dj
    drummer guitarist pianist violinist cellist bassist potter sculptor jeweller jeweler carpenter joiner
    roofer plasterer tiler decorator locksmith bricklayer glazier handyman hgv trucker cabbie flight steward
    stewardess attendant concierge housekeeper guard bouncer detective officer sergeant lieutenant colonel
    nutritionist dietitian dietician audiologist optometrist neurologist oncologist paediatrician
    pediatrician gynaecologist dermatologist anaesthetist anesthesiologist orthodontist hygienist podiatrist
    osteopath chiropractor masseuse homeopath bookkeeper paralegal notary actuary underwriter copyeditor
    proofreader typist stylist seamstress cobbler brewer winemaker sommelier beekeeper rancher forester
    ranger zookeeper geneticist ecologist meteorologist hydrologist bus nurse's parent mum mom dad mother
    father grandmother grandfather grandma grandpa twin widow widower bachelor orphan refugee immigrant
    expat citizen smoker drinker introvert extrovert vegetarian pescatarian diabetic insomniac workaholic
    bookworm foodie minimalist feminist beginner novice christian catholic muslim jew hindu buddhist sikh
    atheist agnostic lefty homeowner tenant renter night-owl stay-at-home hobbyist collector freelancer
    lecturer technologist socialworker roadie busker usher docent ceramicist ux qa sre devops gp md rn hcp
    ta pa pm ba"""
) - {"vegan", "bus"}
ROLES = _ROLES
ROLE_SUFFIXES = (
    "ologist",
    "grapher",
    "analyst",
    "maker",
    "keeper",
    "worker",
    "ician",
    "planner",
    "teacher",
    "engineer",
)
NOT_A_ROLE = word_set("customer user bit little lot few while newbie fan member moron idiot person buyer")

DEVICES = word_set(
    """iphone ipad ipod macbook mac imac android pixel galaxy samsung laptop desktop pc computer phone tablet
    kindle chromebook thinkpad surface playstation ps4 ps5 xbox switch nintendo printer router tv television
    camera smartwatch fitbit garmin airpods alexa echo raspberry gpu monitor console dell lenovo asus hp
    acer huawei xiaomi oneplus nokia sonos peloton telescope synology nas dishwasher oven airfryer drone
    keyboard nikon canon gopro roomba thermomix kobo headset motorola fairphone"""
)
SYSTEMS = word_set(
    """windows linux ubuntu debian fedora macos ios android mac arch mint win10 win11 chromeos redhat centos
    opensuse manjaro"""
)
VEHICLES = word_set(
    """car bike bicycle motorcycle motorbike scooter van truck suv pickup campervan camper caravan boat rv minivan
    ebike moped tesla toyota honda ford bmw audi volkswagen vw golf polo fiesta corolla civic prius kia
    hyundai nissan mazda volvo skoda seat renault peugeot citroen fiat mini jeep subaru mercedes porsche
    lexus chevy chevrolet dacia jaguar leaf hatchback sedan estate convertible vespa yamaha harley kawasaki
    ev hybrid tractor"""
)
HOMES = word_set(
    "house flat apartment condo cottage bungalow studio farm garden balcony allotment yard pool cabin villa"
)
PLANS = word_set("subscription membership licence license insurance prime")
DRUG = (
    r"(?:metformin|insulin|ibuprofen|aspirin|paracetamol|statins?|warfarin|lisinopril|levothyroxine|sertraline|"
    r"fluoxetine|prozac|adderall|ritalin|xanax|antidepressants?|antihistamines?|blood thinners?|beta blockers?|"
    r"birth control|the pill|steroids|omeprazole|prednisone|methotrexate|albuterol|ventolin|lithium|hrt|\w{3,20}"
    r"(?:pril|olol|statin|sartan|azole|mycin|cillin|formin|oxetine|pram|zepam|tidine|gliptin|glutide|parin|xaban|"
    r"profen|cetirizine|thyroxine)|\d+ ?mg of \w+)"
)
