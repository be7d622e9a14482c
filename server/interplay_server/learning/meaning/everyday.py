"""Everyday expressions and synonyms, topic by topic, each list under what stands for it."""

import re

_EXPRESSIONS = """
insomnia: trouble sleep, difficulty sleep, sleep problem, problem sleep, sleep badly, sleep poorly, bad sleeper, poor
  sleeper, trouble fall asleep, problem fall asleep, lie awake, sleepless
hypertension: high blood pressure, raise blood pressure, elevate blood pressure
pregnant: expect baby, expect child, baby on the way, be expect, expect
first language: native speaker of, native tongue, first tongue
not alcohol: teetotaller, teetotal, teetotaler, abstain from alcohol, off alcohol, stay sober, sober
not smoke: smoke-free
birdwatching: bird watch, watch bird, observe bird, birding, birder, bird-watching, bird watcher
weightlifting: lift weight, weight train, strength train, weight lifting, pump iron
part-time: half days
pet-friendly: pet allow, allow pet, accept pet, welcome pet, dog-friendly
vegetable garden: vegetable patch, kitchen garden, allotment, vegetable plot, own vegetable, vegetable bed
back pain: bad back, sore back, back ache, backache, back trouble, back problem, back hurt
hay fever: pollen allergy, allergy to pollen, seasonal allergy
wheelchair: wheelchair user
hearing loss: hard of hearing, hear badly, hearing impair
short-sighted: near-sighted, myopic, nearsighted, shortsighted, myopia
driving licence: driver license, driver licence, driving license, driver's license
step by step: step-by-step, one step at a time, in small steps
concise: to the point, get to the point, no fluff, keep it short, without fluff, without padding, no waffle, cut to
  chase
not jargon: plain language, plain english, simple word, simple language, layman term, lay term
secondhand: second hand, second-hand, pre-owned, used item
credit card: creditcard
bank transfer: wire transfer, wire, bank wire, direct transfer
direct debit: standing order
on foot: by foot
public transport: public transit, bus and train, bus and tram
electric car: ev, electric vehicle, battery car
air conditioning: aircon, air-con, air conditioner
coffee machine: espresso machine, coffee maker
remote: from home, work at home, home office, home-based, wfh, telework
self-employed: freelance, freelancer, own boss, work for oneself, sole trader, independent contractor
night shift: nights, night duty, graveyard shift, work at night
parental leave: maternity leave, paternity leave
unsalted: without salt, no salt
online: web, website, internet shop, over internet, webshop
crime novel: detective fiction, detective novel, detective story, crime fiction, whodunit, murder mystery, crime book
science fiction: sci-fi, scifi
board game: boardgame, tabletop game
video game: computer game, videogame
hoover: vacuum cleaner
dish washer: dishwasher
washing machine: washer
night owl: stay up late, late riser, go to bed late
morning person: early bird, early riser, wake early, get up early
grow up: childhood
salary: paycheck, paycheque, pay arrive
student: study at, enrol at, attend university, go to university, undergraduate
doctorate: phd, doctoral degree, phd degree
high school: secondary school
primary school: elementary school, grade school
kindergarten: preschool, pre-school, nursery school, daycare
quiet: quiet zone
no-meat: meatless
overweight: too heavy
colour blindness: colour blind, colour-blind, colourblind
refund: money back, reimburse, reimbursement
out-of-warranty: warranty expire, warranty over, no warranty
twins: twin
lose-job: lay off, make redundant, redundancy, get fire, be fire, be sack, get sack, let go, lose job
deceased: pass away, die, pass on, lose life, be dead, no longer alive
repaired: fix, repair, mend, work again, back to normal, be solve, be resolve, sort out
broken: out of order, defect, defective, faulty, broke, go kaput
arrive: be deliver, deliver, turn up, come in post, show up
owe: in debt, have debt
paid-off: pay off, pay back, settle, repay, debt-free, fully repaid
waiting: still wait, wait for, await, pending
"""

_SYNONYMS = """
damp: moisture, humidity, moist; basement: cellar; attic: loft; stove: cooker, hob, cooktop; fridge: refrigerator,
icebox; tap: faucet; boiler: heater, furnace; sink: basin, washbasin; cupboard: cabinet, closet, wardrobe; lawn:
grass; garden: yard, backyard; tyre: tire; windscreen: windshield; lorry: truck; roof: rooftop; leak: leaking, leaks,
leaky, drip, dripping; mould: mold, mouldy; corridor: hallway; driveway: drive-way; plumber: plumbing; debt: debts;
savings: saving; pupil: schoolchild; thesis: dissertation; homework: assignment; maths: math, mathematics; exam:
examination; chemistry: chem; emoji: emojis, emoticon, smiley, emoticons; jargon: technical-terms; source: citation,
cite; example: sample, instance; polite: courteous; humour: funny, joke, jokes, humorous; blunt: straightforward,
frank; prose: running-text; screen: display; memory: ram; storage: disk; headphones: headset, earphones, earbuds;
wifi: wi-fi, wlan; internet: broadband; website: webpage; repository: repo; database: db; frontend: front-end;
backend: back-end; bug: defect, glitch; password: passcode; employee: staff, personnel, employees, worker; vendor:
supplier; revenue: turnover; customer: clientele; grow: cultivate; celiac: coeliac; reflux: heartburn; depressed:
depression; sore: ache, aching, pain, painful, hurt, hurts; migraine: migraines; anxious: anxiety, anxieties; muslim:
islam, islamic; christian: christianity; buddhist: buddhism; hindu: hinduism; jewish: judaism, jew; catholic:
catholicism; atheist: atheism; orthodox: orthodoxy; toddler: tot; baby: infant, newborn; teenager: teen, adolescent;
clothes: clothing, apparel, garments; t-shirt: tee, tees, tshirt, t-shirts; spectacles: glasses, eyeglasses; shoe:
footwear; jewellery: jewelry; barbecue: bbq, barbeque, barbecues; dessert: pudding, afters; soda: soft-drink;
wholemeal: wholegrain, wholewheat; spicy: fiery; veterinarian: vet; aquarium: fishtank; hotel: accommodation, lodging,
lodgings; carriage: coach, compartment; abroad: overseas; backpack: rucksack; seaside: coast; campsite: campground;
supporter: fan, enthusiast, lover, buff, aficionado; concert: gig; choir: chorus; singer: vocalist; song: songs;
record: lp; instrument: instruments; playstation: ps, ps5, ps4; evening: nighttime; month: monthly; reachable:
available, contactable; appointment: consultation; schedule: timetable, agenda; postpone: delay, reschedule; cancel:
called-off; intern: internship; apprentice: apprenticeship; hire: recruit; anniversary: jubilee; surname: last-name;
pick-up: pickup, collection; accountant: accounting, bookkeeper; electrician: electrics; carpenter: woodworker; actor:
acting; journalist: reporter, journalism; hairdresser: barber; postman: mailman; policeman: police, cop; firefighter:
fireman; salesperson: salesman; cashier: checkout; architect: architecture; nurse: nursing; cleaner: cleaning; farmer:
farming; waiter: waitress; parcel: package, packages, parcels, shipment; knit: knitting; sew: sewing; sail: sailing;
swap: exchange; allowed: permitted; ban: forbidden; reserve: booking, reservation; mortgage: homeloan; wedding:
nuptials; degree: diploma; bilingual: two-languages; vaccine: vaccination, jab; peanut: groundnut; courgette:
zucchini; espresso: espressos; coffee: coffees; sugar: sugary; wine: wines; beer: beers; trouble: problem, problems,
issue, issues, difficulty, difficulties; usual: habitual; cheap: budget-friendly; weekly: every-week; buy: acquire;
choose: pick, select; send: dispatch; gift: present, presents; sting: stings; dizzy: vertigo; screenshot: screengrab;
voice: vocal; rude: impolite; translate: translation; summary: summaries, recap, overview; reminder: remind, reminded;
comment: commentary, comments, remark; link: hyperlink, url; chart: graph, diagram; file: document, documents
"""


def _table(text: str, between: str) -> dict[str, tuple[str, ...]]:
    joined = re.sub(r"\n\s*", " " if between == ";" else "\n", re.sub(r"\n\s+", " ", text.strip()))
    return {
        head.strip(): tuple(variant.strip() for variant in variants.split(",") if variant.strip())
        for head, _, variants in (entry.partition(":") for entry in joined.split(between))
    }


EXPRESSIONS = _table(_EXPRESSIONS, "\n")
"""Phrases, in the dictionary form and without articles, by the words they become."""
EVERYDAY = _table(_SYNONYMS, ";")
"""Words by the one that stands for them."""
