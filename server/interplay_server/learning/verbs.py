"""English verbs: which may head an order, and their forms."""

import re

_IMPERATIVES_WORDS = """
use give show write answer reply respond tell keep make include add mention check verify confirm ask list suggest
recommend explain focus stick translate convert format put send book cancel search look find call remove drop leave
avoid stop start try change fix correct redo rewrite rephrase repeat shorten summarise summarize simplify describe
compare provide quote cite sort order group split set save read follow consider remember assume offer share skip
limit do be get go calculate count stay speak talk address refer wait let apply update schedule return ship deliver
charge refund warn note prefer treat round state choose pick select name spell sign begin end test run open link
attach transfer escalate draft create help plan prepare enter click press visit contact bring log restart reset
install download upload reboot plug unplug turn type submit complete fill ensure allow review consult report pay
take move place press double handle process inform introduce outline highlight acknowledge apologise apologize
invite suggest reschedule rebook upgrade downgrade switch replace exchange track lookup order please define solve
identify generate rank classify edit paraphrase suggest spell tailor pause bake cook clean wash store heat mix reply
avoid acknowledge prioritise prioritize require request obtain have prime boil store rinse remove dry wear bring
boil carry wipe dial swipe tap scan save
"""
#: Verbs that order something where they begin a sentence.
IMPERATIVES = frozenset(_IMPERATIVES_WORDS.split())

_IRREGULAR_PAIRS = """
gave:give wrote:write told:tell said:say sent:send put:put got:get made:make took:take forgot:forget chose:choose
found:find left:leave kept:keep went:go did:do used:use included:include changed:change ignored:ignore
translated:translate provided:provide assumed:assume replaced:replace charged:charge removed:remove
summarised:summarise summarized:summarize scheduled:schedule described:describe combined:combine compared:compare
quoted:quote prepared:prepare moved:move saved:save closed:close stated:state updated:update calculated:calculate
created:create refused:refuse advised:advise proposed:propose required:require shared:share arranged:arrange
invited:invite cited:cite shown:show given:give written:write taken:take chosen:choose done:do been:be read:read
set:set cut:cut began:begin spoke:speak spoken:speak thought:think picked:pick booked:book omitted:omit
referred:refer mixed:mix generated:generate escalated:escalate apologised:apologise apologized:apologize rated:rate
noted:note reserved:reserve continued:continue believed:believe involved:involve raised:raise promised:promise
capitalised:capitalise capitalized:capitalize declined:decline defined:define solved:solve ran:run
"""
_IRREGULAR = dict(pair.split(":") for pair in _IRREGULAR_PAIRS.split())


def base_form(verb: str) -> str:
    """The infinitive of a regular or common past form: checked, check."""
    word = verb.lower()
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    if word.endswith("ied") and len(word) > 4:
        return word[:-3] + "y"
    if not word.endswith("ed") or len(word) < 5:
        return word
    stem = word[:-2]
    if len(stem) > 3 and stem[-1] == stem[-2] and stem[-1] not in "lsfz":
        return stem[:-1]
    return stem


def gerund(verb: str) -> str:
    """give, giving; put, putting."""
    if verb.endswith("ie"):
        return verb[:-2] + "ying"
    if verb.endswith("e") and not verb.endswith(("ee", "oe")) and verb != "be":
        return verb[:-1] + "ing"
    if re.fullmatch(r"(?:put|get|set|plan|stop|drop|skip|cut|run|begin|forget|omit|refer)", verb):
        return verb + verb[-1] + "ing"
    return verb + "ing"
