"""Numbers, money, measures, clock times, dates and frequencies in a text, in comparable units."""

import re
from typing import NamedTuple

# Factor to the base unit of the kind: metre, kilogram, litre, second, gigabyte, kilometre an hour.
_UNITS: dict[str, tuple[str, float]] = {}
for _kind, _spelled in {
    "length": "1 m metre metres meter meters|.01 cm centimetre centimetres centimeter centimeters|.001 mm"
    "|1000 km kilometre kilometres kilometer kilometers kms|1609.344 mi mile miles"
    "|.3048 ft foot feet|.0254 inch inches",
    "mass": "1 kg kgs kilo kilos kilogram kilograms kilogramme kilogrammes|.001 g gram grams|.45359 lb lbs|6.35 stone",
    "volume": "1 l litre litres liter liters|.001 ml millilitre millilitres milliliter milliliters"
    "|3.785 gallon gallons",
    "duration": "60 min mins minute minutes|3600 h hr hrs hour hours|86400 day days|604800 week weeks"
    "|2629800 month months|31557600 year years yr yrs|1 sec secs second seconds",
    "data": "1 gb gigabyte gigabytes gig gigs|.001 mb megabyte megabytes|1000 tb terabyte terabytes",
    "speed": "1 kmh kph km/h|1.609 mph",
    "area": "1 sqm m2 m²|.0929 sqft",
    "energy": "1 kcal calorie calories|1 kw kilowatt",
    "percent": "1 % percent",
}.items():
    for _line in _spelled.split("|"):
        _factor, *_names = _line.split()
        _UNITS.update({_name: (_kind, float(_factor)) for _name in _names})
_CURRENCIES = {
    "$": "usd", "usd": "usd", "dollar": "usd", "dollars": "usd", "bucks": "usd",
    "€": "eur", "eur": "eur", "euro": "eur", "euros": "eur",
    "£": "gbp", "gbp": "gbp", "pound": "gbp", "pounds": "gbp", "quid": "gbp",
    "¥": "jpy", "yen": "jpy", "jpy": "jpy", "chf": "chf", "francs": "chf", "rupees": "inr", "₹": "inr",
}  # fmt: skip
_SMALL = dict(
    zip(
        [
            "zero",
            "one",
            "two",
            "three",
            "four",
            "five",
            "six",
            "seven",
            "eight",
            "nine",
            "ten",
            "eleven",
            "twelve",
            "thirteen",
            "fourteen",
            "fifteen",
            "sixteen",
            "seventeen",
            "eighteen",
            "nineteen",
        ],
        range(20),
        strict=True,
    )
)
_TENS = {
    word: 10 * n
    for n, word in enumerate(["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"], start=2)
}
_WORDS = _SMALL | _TENS | {"hundred": 100, "thousand": 1000, "dozen": 12, "couple": 2}
_ORDINALS = {
    word: n
    for n, word in enumerate(
        ["second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth"], start=2
    )
}
_SCALES = {"k": 1e3, "m": 1e6, "thousand": 1e3, "hundred": 1e2, "million": 1e6, "grand": 1e3}
DAYS = {day: n for n, day in enumerate(["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"])}
_DAY_SHORT = {"mon": 0, "tue": 1, "tues": 1, "wed": 2, "thu": 3, "thurs": 3, "fri": 4}
MONTHS = {
    month: n
    for n, month in enumerate(
        [
            "january",
            "february",
            "march",
            "april",
            "may",
            "june",
            "july",
            "august",
            "september",
            "october",
            "november",
            "december",
        ],
        start=1,
    )
}
_MONTH_SHORT = {"jan": 1, "feb": 2, "mar": 3, "apr": 4, "jun": 6, "jul": 7, "aug": 8, "sep": 9, "sept": 9, "oct": 10,
                "nov": 11, "dec": 12}  # fmt: skip
_ZONES = {"utc": 0, "gmt": 0, "wet": 0, "bst": 1, "cet": 1, "cest": 2, "eet": 2, "msk": 3, "jst": 9, "est": -5,
          "edt": -4, "cst": -6, "cdt": -5, "mst": -7, "pst": -8, "pdt": -7, "aest": 10}  # fmt: skip

_NUM = r"(?:\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)"
_WORDNUM = rf"(?:(?:{'|'.join(_TENS)})[- ](?:{'|'.join(list(_SMALL)[1:10])})|(?:{'|'.join(_SMALL | _TENS)})(?![a-z]))"
_ANY = rf"(?:{_NUM}|{_WORDNUM})"
_CUR = "|".join(re.escape(c) for c in sorted(_CURRENCIES, key=len, reverse=True))
_CUR_SIGN = "[$€£¥₹]"
_UNIT = "|".join(re.escape(u) for u in sorted(_UNITS, key=len, reverse=True))
_SCALE = r"(?:k|m|thousand|hundred|million|grand)"
_MONTH = "|".join(sorted([*MONTHS, *_MONTH_SHORT], key=len, reverse=True))
_DAY = "|".join(sorted([*DAYS, *_DAY_SHORT], key=len, reverse=True))
_PERIOD = r"(?P<period>day|week|month|year|night|morning|evening|weekend|hour)"
_EDGE = r"(?![a-z0-9])"
_RANGE = r"\s?(?:-|\u2013|to|and|or)\s?"

_FORMS = [
    r"(?<![a-z])(?P<zone>(?:utc|gmt)\s?[+-\u2212]\s?\d{1,2}(?::\d\d)?)",
    rf"(?<![a-z])(?P<zonename>{'|'.join(_ZONES)}){_EDGE}(?! [a-z]+ ?\d)",
    r"(?P<iso>\d{4}-\d\d-\d\d)",
    rf"(?P<dmy>(?P<dmy_d>\d{{1,2}})(?:st|nd|rd|th)? (?:of )?(?P<dmy_m>{_MONTH})\b\.?(?:,? (?P<dmy_y>\d{{4}}))?)",
    (
        rf"(?P<mdy>\b(?P<mdy_m>{_MONTH})\b\.? (?:the )?(?P<mdy_d>\d{{1,2}})(?:st|nd|rd|th)?(?![\d:])"
        rf"(?:,? (?P<mdy_y>\d{{4}}))?)"
    ),
    rf"(?P<my>\b(?P<my_m>{_MONTH})\b,? (?:of )?(?P<my_y>\d{{4}}))",
    (
        rf"(?P<clock>\b(?P<hour>\d{{1,2}})(?:[:.](?P<minute>\d\d))?\s?(?P<half>a\.m\.|p\.m\.|am|pm|o'clock){_EDGE}"
        rf"|(?P<hour24>\d{{1,2}}):(?P<minute24>\d\d)|\b(?P<noon>noon|midday|midnight)\b"
        rf"|\bhalf past (?P<halfpast>{_ANY}))"
    ),
    r"(?P<feet>(?P<ft>\d)\s?(?:'|ft|feet|foot)\s?(?P<inch>\d{1,2})\s?(?:\"|''|in\b|inches|inch)?)",
    (
        rf"(?P<freq>\b(?:(?P<times>once|twice|thrice|{_ANY}(?:{_RANGE}{_ANY})? (?:times|days|nights|x))|(?P<nx>\d)x) "
        rf"(?:a|an|per|each|every|in a|the) {_PERIOD})"
    ),
    (
        rf"(?P<every>\b(?:every|each) (?:single )?(?P<everyperiod>(?:other )?(?:{_ANY} )?(?:day|week|month|year)s?)\b"
        r"|\b(?P<ly>daily|weekly|fortnightly|biweekly|monthly|yearly|annually)\b)"
    ),
    (
        rf"(?P<money>(?P<sign>{_CUR_SIGN})\s?(?P<m1>{_NUM})(?:{_RANGE}{_CUR_SIGN}?(?P<m1b>{_NUM}))?\s?"
        rf"(?P<s1>{_SCALE}{_EDGE})?"
        rf"|(?P<m2>{_ANY})(?:{_RANGE}(?P<m2b>{_ANY}))?[\s-]?(?P<s2>{_SCALE}(?![a-z]))?\s?"
        rf"(?P<cur>{_CUR}){_EDGE}(?! of\b))"
    ),
    (
        r"(?P<temp>(?P<t>-?\d+(?:\.\d+)?)\s?"
        r"(?P<deg>°\s?c|°\s?f|°|degrees(?: celsius| fahrenheit| c\b| f\b)?|celsius|fahrenheit))"
    ),
    rf"(?P<measure>\b(?P<n1>{_ANY})(?:{_RANGE}(?P<n2>{_ANY}))?[\s-]?(?P<unit>{_UNIT}){_EDGE})",
    r"(?P<year>\b(?:19|20)\d\d\b)",
    rf"(?P<ordinal>\b(?:\d{{1,3}}(?:st|nd|rd|th)|{'|'.join(_ORDINALS)})\b)",
    rf"(?P<weekday>\b(?P<wd>{_DAY})s?\b\.?)",
    rf"(?P<month>\b(?P<mon>{'|'.join(m for m in MONTHS if m not in ('may', 'march'))}|(?<=in )may|(?<=in )march)\b)",
    (
        rf"(?P<bare>(?<![\w.])(?P<b1>{_ANY})(?:\s?(?:-|\u2013|to|or)\s?(?P<b2>{_ANY}))?\s?"
        rf"(?P<s3>{_SCALE}(?![a-z]))?(?![\w]))"
    ),
]
_MASTER = re.compile("|".join(_FORMS))
_CLUE = re.compile(
    r"\d|[%°]|\b(?:" + "|".join([*_WORDS, *_ORDINALS, "once", "twice", "thrice", *DAYS])
    + "|" + "|".join([*_DAY_SHORT, *MONTHS, "noon", "midday"])
    + r"|midnight|half past|every|each|daily|weekly|monthly|yearly|annually|fortnightly|biweekly|" + "|".join(_ZONES)
    + r")s?\b"
)  # fmt: skip
_PER_WEEK = {"day": 7.0, "night": 7.0, "morning": 7.0, "evening": 7.0, "week": 1.0, "weekend": 1.0, "month": 12 / 52,
             "year": 1 / 52, "hour": 168.0}  # fmt: skip
_LY = {"daily": 7.0, "weekly": 1.0, "fortnightly": 0.5, "biweekly": 0.5, "monthly": 12 / 52, "yearly": 1 / 52,
       "annually": 1 / 52}  # fmt: skip
_BETWEEN = re.compile(r"\bbetween ([$€£]?\d[\d.,]*[a-z%]*) and (?=[$€£]?\d)")
_MAX = re.compile(
    r"\b(?:up to|at most|no more than|not more than|max|maximum|max\.|under|below|less than|within"
    r"|a maximum of|a max of)\s*$"
)
_MIN = re.compile(r"\b(?:at least|minimum|min|over|above|more than|a minimum of)\s*$")
_UNBOUND = {"freq", "weekday", "month", "zone", "date", "year"}


class Quantity(NamedTuple):
    """A quantity or a range of its kind; `low` equals `high` unless a range was written."""

    kind: str
    """money, length, mass, volume, duration, data, clock, weekday, month, date, year, freq, zone, number, ..."""
    low: float
    high: float
    unit: str = ""
    """As written: currency or unit, or empty."""
    bound: str = ""
    """"max", "min" or empty."""


def _number(text: str) -> float:
    text = text.replace(",", "").strip()
    if text[0].isdigit() or text[0] == "-":
        return float(text)
    return float(sum(_WORDS[part] for part in re.split("[- ]", text)))


def _clock(match: re.Match[str]) -> Quantity:
    if match["noon"]:
        return Quantity("clock", *(2 * (0.0 if match["noon"] == "midnight" else 720.0,)))
    if match["halfpast"]:
        at = _number(match["halfpast"]) * 60 + 30
        return Quantity("clock", at, at, "12")
    if match["hour24"]:
        at = float(match["hour24"]) * 60 + float(match["minute24"])
        return Quantity("clock", at, at, "12" if at < 13 * 60 and not match["hour24"].startswith("0") else "")
    hour, minute, half = float(match["hour"]), float(match["minute"] or 0), match["half"][0]
    if half == "o":
        return Quantity("clock", hour * 60 + minute, hour * 60 + minute, "12")
    hour = hour % 12 + (12 if half == "p" else 0)
    return Quantity("clock", hour * 60 + minute, hour * 60 + minute)


def _frequency(match: re.Match[str]) -> Quantity:
    if match["freq"]:
        per = _PER_WEEK[match["period"]]
        times = match["nx"] or match["times"]
        known = {"once": 1.0, "twice": 2.0, "thrice": 3.0}
        numbers = [known[times]] if times in known else [_number(n) for n in re.findall(_ANY, times)]
        return Quantity("freq", numbers[0] * per, numbers[-1] * per)
    if match["ly"]:
        return Quantity("freq", _LY[match["ly"]], _LY[match["ly"]])
    period = match["everyperiod"].rstrip("s")
    numbers = [_number(n) for n in re.findall(_ANY, period)]
    divisor = numbers[0] if numbers else 2.0 if period.startswith("other") else 1.0
    per = _PER_WEEK[period.split()[-1]] / (divisor or 1.0)
    return Quantity("freq", per, per)


def _date(match: re.Match[str]) -> Quantity:
    """Year * 10,000 + month * 100 + day; the year is 0 where none was written."""
    if match["iso"]:
        year, month, day = (float(p) for p in match["iso"].split("-"))
    else:
        form = "dmy" if match["dmy"] else "mdy" if match["mdy"] else "my"
        name = match[form + "_m"]
        month = float(MONTHS.get(name) or _MONTH_SHORT[name])
        year = float(match[form + "_y"] or 0)
        day = 0.0 if form == "my" else float(match[form + "_d"])
    value = year * 10_000 + month * 100 + day
    return Quantity("date", value, value, "" if year else "noyear")


def _money(match: re.Match[str]) -> Quantity:
    first, last, scale = (
        (match["m1"], match["m1b"], match["s1"]) if match["sign"] else (match["m2"], match["m2b"], match["s2"])
    )
    factor = _SCALES.get(scale or "", 1.0)
    low = _number(first) * factor
    currency = _CURRENCIES[match["sign"] or match["cur"]]
    return Quantity("money", low, _number(last) * factor if last else low, currency)


def _measure(match: re.Match[str]) -> Quantity:
    kind, factor = _UNITS[match["unit"]]
    low = _number(match["n1"]) * factor
    return Quantity(kind, low, _number(match["n2"]) * factor if match["n2"] else low, match["unit"])


def _temperature(match: re.Match[str]) -> Quantity:
    degrees = float(match["t"])
    if "f" in match["deg"]:
        degrees = (degrees - 32) / 1.8
    return Quantity("temperature", degrees, degrees, match["deg"])


def _zone(match: re.Match[str]) -> Quantity:
    if match["zonename"]:
        hours = float(_ZONES[match["zonename"]])
    else:
        sign, digits, minutes = re.findall(r"([+\u2212-])\s?(\d+)(?::(\d\d))?", match["zone"])[0]
        hours = (float(digits) + float(minutes or 0) / 60) * (1 if sign == "+" else -1)
    return Quantity("zone", hours, hours)


def _bare(match: re.Match[str]) -> Quantity:
    factor = _SCALES.get(match["s3"] or "", 1.0)
    low = _number(match["b1"]) * factor
    return Quantity("number", low, _number(match["b2"]) * factor if match["b2"] else low)


def _of(match: re.Match[str]) -> Quantity:
    kind = match.lastgroup or ""
    for names, read in (
        (("zone", "zonename"), _zone),
        (("iso", "dmy", "mdy", "my"), _date),
        (("clock",), _clock),
        (("freq", "every"), _frequency),
        (("money",), _money),
        (("temp",), _temperature),
        (("measure",), _measure),
        (("bare",), _bare),
    ):
        if any(match[name] for name in names):
            return read(match)
    if match["feet"]:
        metres = float(match["ft"]) * 0.3048 + float(match["inch"]) * 0.0254
        return Quantity("length", metres, metres, "ft")
    if match["weekday"]:
        value = float(DAYS[match["wd"]] if match["wd"] in DAYS else _DAY_SHORT[match["wd"]])
        return Quantity("weekday", value, value)
    if match["month"]:
        return Quantity("month", float(MONTHS[match["mon"]]), float(MONTHS[match["mon"]]))
    value = float(_ORDINALS.get(match["ordinal"]) or re.sub("[a-z]", "", match["year"] or match["ordinal"]))
    return Quantity("year" if match["year"] else "ordinal", value, value, kind)


def split(text: str) -> list[str | Quantity]:
    """The text, in lower case, cut into stretches of words and the quantities between them."""
    if not _CLUE.search(text):
        return [text]
    text = _BETWEEN.sub(r"\1-", text)
    parts: list[str | Quantity] = []
    end = 0
    for match in _MASTER.finditer(text):
        before = text[end : match.start()]
        found = _of(match)
        if found.kind not in _UNBOUND:
            at_most, at_least = _MAX.search(before), _MIN.search(before)
            found = found._replace(bound="max" if at_most else "min" if at_least else "")
            if at_most or at_least:
                before = before[: (at_most or at_least).start()]  # type: ignore[union-attr]
        parts += [before, found]
        end = match.end()
    parts.append(text[end:])
    return parts


_TOLERANCE = {"length": 0.015, "mass": 0.015, "volume": 0.015, "speed": 0.02, "data": 0.03, "temperature": 0.0}


def agree(a: Quantity, b: Quantity) -> bool | None:
    """Whether two quantities say the same; None where they are not of one kind and so say nothing of each other."""
    if a.kind != b.kind:
        if {"number"} & {a.kind, b.kind} and {a.kind, b.kind} & {"money", "length", "mass", "volume", "clock", "data"}:
            return _of_bare(a, b)
        if {a.kind, b.kind} == {"date", "month"}:
            month, date = (a, b) if a.kind == "month" else (b, a)
            return date.low // 100 % 100 == month.low
        if {a.kind, b.kind} == {"date", "year"}:
            year, date = (a, b) if a.kind == "year" else (b, a)
            return None if date.unit == "noyear" else date.low // 10_000 == year.low
        return None
    if a.bound != b.bound and a.bound and b.bound:
        return False
    if a.kind == "money" and a.unit != b.unit:
        return False
    if a.kind == "clock":
        return a.low == b.low or ("12" in (a.unit, b.unit) and a.low % 720 == b.low % 720)
    if a.kind == "date" and "noyear" in (a.unit, b.unit):
        return a.low % 10_000 == b.low % 10_000
    slack = _TOLERANCE.get(a.kind, 0.0) if a.unit != b.unit else 0.0
    if a.kind == "temperature" and a.unit != b.unit:
        return abs(a.low - b.low) <= 0.6
    return all(abs(x - y) <= slack * max(abs(x), abs(y)) + 1e-6 for x, y in ((a.low, b.low), (a.high, b.high)))


def _of_bare(a: Quantity, b: Quantity) -> bool:
    bare, full = (a, b) if a.kind == "number" else (b, a)
    if full.kind == "clock":
        return bare.low * 60 % 720 == full.low % 720
    if full.kind == "money":
        return abs(full.low - bare.low) < 1e-6
    return any(abs(full.low / factor - bare.low) < 1e-6 for kind, factor in _UNITS.values() if kind == full.kind)
