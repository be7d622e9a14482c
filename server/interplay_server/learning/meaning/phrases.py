"""Phrases that say the same, each list under what it becomes; words stand in the dictionary form, without articles."""

import re

_PHRASES = """
live in: place be in, be at home in, have live in, be a local of, be base in, be locate in, be live in, make
  home in, home be in, have home in, be resident of, be a resident of, be settle in, be base out of, home base
  be, home city be, home town be, city of residence be, place of residence be, residence be in, residence be,
  hometown now be, have be live in, home be, current city be, move to, relocate to, have move to, have relocate
  to, settle in, move over to, move into, have recent move to
like: be fond of, be a fan of, be a big fan of, be a huge fan of, be keen on, be into, be crazy about, be
  passionate about, be interest in, have a passion for, have an interest in, have a love for, be big on, be
  enthusiastic about, be mad about, hobby be, hobby include, interest include, have a hobby of, get into, have a
  soft spot for, can not get enough of, take pleasure in, a hobby of user be, be an avid, be a keen, have hobby
  like, be a lover of, pastime be, be fan of
dislike: can not handle, can not cope with, have no time for, can do without, have no interest in, be not
  interest in, can not stand, can not bear, be not a fan of, be not fond of, be not keen on, be not into, do not
  care for, be not a big fan of, have a dislike for, be averse to, have an aversion to, be no fan of, be sick
  of, dislike of
prefer: would rather, would prefer, would rather have, have a preference for, be in favour of, be happy with,
  tend to prefer, preference be for, preference be, have prefer for, prefer for, prefer be for, prefer be, lean
  towards, always choose, always go for, usually choose, be more of, opt for, always pick, always book, usually
  pick, would like to have, ask for, would love
no-longer: outgrow, grow out of, overcome, get over, no longer, not any more, not anymore, any longer, not any
  longer, have stop, have quit, have give up, give up, stop, quit, cease, go off, used to, formerly, have cease,
  be do with, cut out, drop out of, previously, cancel, get rid of, be no longer, in the past, back off from,
  swear off, unsubscribe from, call off, have be call off, give away, have give away, cut down, throw away, do away with
have: suffer from, be diagnose with, be parent of, be father of, be mother of, be owner of, be dad of, be mum
  of, be the proud owner of, hold, be equip with, come with, be live with, struggle with, deal with, be have
build in: date from, date back to
rent: be a tenant in, be a tenant of, be tenant in, be tenant of, lease
first language: native language, mother tongue, native tongue
be: take place, be schedule for, be set for, be plan for, be due, take place on, be hold
break-up: break up with, separate from, be separate from, split up with, split from, get divorce from, part with
instead: instead of, rather than, in place of
of-choice: of choice
not: never, hardly ever, refuse to, be unable to, fail to, can not, cannot, do not, does not, be not, have not,
  will not, would not, decline
avoid-it: not touch, never touch, not consume, never consume, steer clear of, stay away from, avoid, keep away
  from, abstain from, refrain from, keep off, lay off, avoid eat, avoid drink
employ: be on payroll of, be on the books of, earn money at, earn living at, be employ by, be employ at, have a
  job at, employer be, have a position at, hold a position at, work for, be on staff at, work at, be work at, be
  work for, company be, be with the firm, be an employee of, have work at, have work for, now work at, work over
  at, workplace be, take a job at, have a job with, get a job at, place of work be
occupation: work as, be work as, job be, be employ as, profession be, occupation be, have a job as, make a
  living as, trade be, by profession be, by trade be, job title be, earn live as, earn a live as, role be, have
  a career as, do work as, position be, be by profession, be by trade, have work as, job title, be a profession,
  current job be, title be, work by day as, current role be
intolerance: be intolerant to, be intolerant of, have intolerant to, not tolerate, can not tolerate, not digest,
  can not digest, be intolerant
allergy: be allergy to, have a allergy to, suffer from allergy to, suffer from a allergy to, have allergy to, be
  highly allergy to, react badly to, be hypersensitive to, get a rash from, have a reaction to, have a bad
  reaction to
born in: be born in, come from, be originally from, be from, be a native of, be bear in, bear in, hail from,
  birthplace be, home country be, origin be, come originally from, place of birth be, native country be, have
  root in
grow up in: be raise in, be bring up in, spend childhood in, childhood home be in, hometown be, grow up in
born on: be born on, birthday be on, birthday be, birthday fall on, date of birth be, celebrate birthday on,
  birth on, dob be, birth date be, have birthday on, be bear on, birthday celebrate on, birthday is on
speak: be fluent in, be able to speak, can speak, know how to speak, have fluency in, be conversant in, converse
  in, be a speaker of, fluent in
call: be call, name be, go by, be name, go by the name, go by the name of, like to be call, prefer to be call,
  want to be call, by the name of, name as, be know as, go by name of, should be call, should be address as,
  prefer to be address as, nickname be, name
occupied: work from
drive: own a car drive
wake: wake up, get up, be up, be awake, rise
sleep: go to bed, go to sleep, be in bed, bedtime be, hit the hay, turn in
commute: go to work, travel to work, get to work, commute to work, come to work, ride to work
exercise: work out, go to the gym, hit the gym, do sport, do exercise, visit the gym, go to gym, train at the
  gym, attend the gym
watch: keep up with
smoke: smoke cigarette, be a smoke, use tobacco
spouse: marry to, be marry to, have a spouse, tie the knot with, be the spouse of
married: be marry, be a married person
weight: weigh, weight be, weigh in at, tip the scale at
use: make use of, be use, rely on, run on, depend on, be on, work with, be a user of, have be use, develop in,
  daily driver be
learn: take lesson in, take class in, take course in, try to learn, be learn, be study, have be learn, take a
  class in, take a course in, want to learn, take up, practise
want: want to, would like to, would like, wish to, hope to, intend to, plan to, aim to, plan on, goal be to,
  goal be, dream of, be look for, look for, be search for, search for, be plan, be plan to, look to, be interest
  to, be hope to, want to go, have plan to, be go to, aspire to, be save for, be save up for, be think of, be
  plan on, look forward to, be look to, aim be to, ambition be to, be aim to
train for: prepare for, be train for, be prepare for, get ready for
travel: go on a trip to, take a trip to, go to, visit, fly to, be travel to, go on holiday to, holiday in, be
  visit, go travel to, be fly to, go on vacation to
subscription: be subscribe to, subscribe to, have a subscription to, have subscription to, take out a
  subscription to, pay for, have a membership at, be a member of, have a plan with, have subscription for, be
  sign up for, sign up for, sign up to, be a subscriber to, be a subscriber of, belong to, have a subscription
  for
budget: budget be, have a budget of, can spend, want to spend, spending limit be, price limit be, can afford,
  set a budget of, spending cap be, have to spend, be will to spend, will spend, would spend, have budget of, do
  not want to spend many than, spending limit, work with a budget of, maximum price be, upper limit be, set
  aside, limit be
height: be tall, height be, measure tall, stand tall
timezone: timezone be, be in the timezone, be in timezone, time zone be, live in timezone, use timezone, work in
  timezone, local time be, time zone, operate on
email-address: email address be, email be, email address
phone-number: phone number be, phone number, call on number
vegetarian: vegetarian diet, be on a vegetarian diet, keep a vegetarian diet, not eat meat, not eat meat or
  fish, be meat-free, be vegetarian, follow a vegetarian diet, eat vegetarian, have go vegetarian, be a
  vegetarian, become vegetarian, go vegetarian, diet be vegetarian, have become vegetarian, meat-free diet,
  plant-eater, keep to a vegetarian diet
vegan: keep a vegan diet, be on a vegan diet, stick to a vegan diet, follow a vegan diet, be vegan, have go
  vegan, be a vegan, become vegan, eat vegan, go vegan, have become vegan, eat a vegan diet, follow a
  plant-based diet, eat plant-based, plant-based diet, eat only plant-based food
remote: from home, remotely, home office, work at home, telework, telecommute
coffee maker: coffee machine
step by step: step-by-step
bullet: bullet point, bullet list
ice cream: icecream
full-time: full time
part-time: part time
email: e mail
phone: cell phone, mobile phone, mobile telephone
afraid: be nervous about, get nervous about, have a fear of, be afraid of, be scare of, be terrify of, have a
  phobia of, fear, be phobic of
not gluten: gluten free, gluten-free
not lactose: lactose free, lactose-free, dairy free, dairy-free
not sugar: sugar free, sugar-free
not alcohol: alcohol free, alcohol-free, non-alcoholic
not smoke: non-smoker, nonsmoker, non-smoking, non smoker, smoke-free
diabetes: have diabetes, be diabetes, be a diabetes
retired: be retire, be a retiree
unemployed: be unemployed, be out of work, be between jobs, be jobless, be look for work, be without a job
morning person: early bird, early riser
night owl: night person, late riser
because: because of, due to, on account of, owing to, as a result of, thanks to
with: along with, together with
before: prior to, ahead of
work: for work, work-related
"""
PHRASES: dict[str, tuple[str, ...]] = {
    head.strip(): tuple(phrase.strip() for phrase in phrases.split(","))
    for head, _, phrases in (line.partition(":") for line in re.sub(r"\n\s+", " ", _PHRASES.strip()).splitlines())
}
