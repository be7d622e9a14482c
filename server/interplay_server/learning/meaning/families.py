"""Attributes that statements name in many ways: their words, the words of their values, and how many hold at a time.

Each line of the table reads ``name flag: words that name the attribute = words that are values of it``. The flag is
"1" where a person has one value at a time and "*" where they may have several. A word of a value alone names its
attribute too: "vegan" speaks of the diet.
"""

from typing import NamedTuple

from interplay_server.learning.meaning.normal import PREDICATE_OF, key

_TABLE = """
home 1: @live_in city hometown residence =
work 1: @employ employer workplace payroll =
role 1: @occupation job profession trade =
name 1: @call =
born 1: @born_in birthplace =
birthday 1: @born_on birthday =
age 1: @age =
timezone 1: @timezone timezone =
relationship 1: relationship @spouse @married marital = single married divorce widow engage relationship bachelor
diet 1: diet @vegetarian @vegan = @vegetarian @vegan pescatarian omnivore carnivore keto paleo flexitarian
allergy *: @allergy epipen anaphylaxis = @allergy
intolerance *: @intolerance = @intolerance
religion 1: religion faith religious church =
religion 1: = muslim christian catholic protestant hindu buddhist jewish atheist orthodox mormon agnostic sikh
alcohol 1: alcohol teetotal sober = alcohol teetotal sober
smoking 1: smoke tobacco cigarette vape = smoke
answers 1: answer style tone format = concise short detail bullet prose table markdown code formal casual emoji jargon
unit 1: unit temperature distance = celsius fahrenheit metric imperial mile kilometre
contact 1: contact reach reachable = email text call phone whatsapp sms post chat
payment 1: payment pay = paypal invoice card cash transfer debit
delivery 1: parcel deliver delivery package shipping pick-up =
seat 1: seat sit = aisle window
size 1: size fit =
system 1: os operate = windows linux macos ubuntu fedora debian arch
mobile 1: phone = android iphone pixel galaxy
browser 1: browser brows = firefox chrome safari edge brave opera vivaldi
editor 1: editor ide = vim neovim emacs vscode pycharm intellij
reader 1: e-reader = kindle kobo
commute 1: @commute transport = bicycle bus train car tram walk
wake 1: @wake = @wake
sleep 1: @sleep =
budget 1: @budget budget afford spend =
deadline 1: deadline hand submit =
airline 1: airline = klm lufthansa ryanair easyjet emirates
stay 1: stay hotel =
team 1: support supporter fan =
major 1: major degree =
school 1: school kindergarten primary university college =
plan 1: tariff subscription premium =
insurance 1: insurance insure insurer =
bank 1: bank =
gym 1: gym membership = gym
provider 1: provider operator carrier broadband =
doctor 1: doctor dentist gp physio therapist =
weight 1: @weight =
height 1: @height =
pregnant 1: pregnant due =
heating 1: heating heat = gas oil electric pump
stove 1: stove cook hob = gas induction electric
colour 1: colour paint = red blue green yellow black white grey orange purple pink brown beige navy turquoise
meeting 1: meeting meet standup =
departure 1: departure depart leave takeoff flight =
employees 1: employee employ staff =
children 1: child =
fitness 1: bench squat deadlift =
language 1: @first_language =
appointment 1: appointment =
licence 1: licence =
"""


class Family(NamedTuple):
    """An attribute."""

    name: str
    single: bool


def _key(word: str) -> str:
    if word.startswith("@"):
        return word
    base = key(word)
    return PREDICATE_OF.get(base, base)


def _read() -> tuple[dict[str, frozenset[Family]], dict[str, frozenset[Family]]]:
    naming: dict[str, set[Family]] = {}
    valued: dict[str, set[Family]] = {}
    for line in _TABLE.strip().splitlines():
        head, _, words = line.partition(":")
        name, flag = head.split()
        family = Family(name, flag == "1")
        triggers, _, values = words.partition("=")
        for word in triggers.split():
            naming.setdefault(_key(word), set()).add(family)
        for word in values.split():
            valued.setdefault(_key(word), set()).add(family)
    return {w: frozenset(f) for w, f in naming.items()}, {w: frozenset(f) for w, f in valued.items()}


NAMING, VALUED = _read()
"""Families by the words that name them, and by the words of their values."""
