"""Sentences for the rules: those that state a fact, with words its content must hold, and those that state none."""

import pytest
from interplay_server.domain.window import CATEGORIES, TTLS
from interplay_server.learning.rules.profiles import extract_profiles

from tests.unit.test_rules_profiles import contents, window

STATED = """
I'm a nurse in Leeds => nurse, leeds
im allergic to nuts btw => allergic to nuts
vegan here => vegan
Budget: 800 euros => 800
we've got three cats => three cats
my dog Rex hates the vet => rex
my wife is called Ana => ana
I have two kids aged 4 and 7 => two kids
My daughter is allergic to nuts => daughter, allergic, nuts
I moved from Leeds to York last month => york
we moved to Porto in 2021 => porto
I was born in Chile => chile
I grew up on a farm in Iowa => iowa
I work as a paralegal for a small firm => paralegal
I work for Siemens => siemens
I'm a freelance illustrator => illustrator
I'm studying law at Ghent => law
I teach maths at a secondary school => maths
I'm 34 years old => 34
I'm 34 => 34
my birthday is on 3 May => 3 may
I speak Dutch and a little Turkish => dutch, turkish
I don't eat pork => pork, not
I can't eat gluten => gluten
I'm lactose intolerant => lactose
I have type 2 diabetes => type 2 diabetes
I suffer from migraines => migraines
I take metformin twice a day => metformin
My budget is around $1.2k => budget, 1.2k
I wear a size 42 => 42
my shoe size is 9.5 => 9.5
I use a MacBook Air for work => macbook
I run Ubuntu on my laptop => ubuntu
I drive a Toyota Corolla => toyota
I'm on the Pro plan => pro plan
I'm a Prime member => prime
I love hiking => hiking
I hate cilantro => cilantro
My favourite colour is green => green
My favorite band is Radiohead => radiohead
I prefer window seats => window
I go running every morning => running
I go to the gym three times a week => gym
I play the cello => cello
I'm free after 6pm on weekdays => 6pm
I work nights => nights
my time zone is CET => cet
Please always reply in German => german
call me Sam => sam
please keep your answers short => short
don't call me, email me instead => call
From now on use metric units => metric
I always fly with hand luggage only => hand luggage
I'm training for a marathon => marathon
we're saving for a house => house
I'm moving to Berlin in May => berlin
I'm pregnant => pregnant
I just retired => retired
I use a wheelchair => wheelchair
I'm Muslim so no alcohol => muslim
We have a small flat with a balcony => flat
I no longer eat meat => meat, no longer
actually my budget is 1200 now => 1200
I switched from Android to iPhone => iphone
scratch that, I prefer aisle seats => aisle
My husband Tom is a firefighter => tom
our son Leo just turned 3 => leo
my mum lives with us => mum, lives
my parents live in Ghana => parents, ghana
My cat is called Miso => miso
I have a golden retriever => retriever
I have a PhD in physics => physics
I've been vegetarian for ten years => vegetarian
I've lived in Oslo since 2018 => oslo
I've been learning Japanese for two years => japanese
I'm originally from Peru => peru
I come from a small village in Wales => wales
I'm Canadian => canadian
I'm married with two kids => married
I'm single => single
I got divorced last year => divorced
I'm deaf in one ear => deaf
I have high blood pressure => blood pressure
I broke my leg in March => leg
I had knee surgery last year => knee surgery
I'm afraid of heights => heights
I'm not a fan of seafood => seafood
I can't stand country music => country music
I'm into photography => photography
I collect vinyl records => vinyl
I'm a morning person => morning person
I get up at 5 every day => 5
I usually have lunch at noon => lunch
I don't drink coffee => coffee
I don't smoke => smoke
I rent a studio in Milan => studio
I own a bakery => bakery
I run a small bakery in Lyon => bakery
I manage a team of six => team of six
I'm in sales => sales
I'm unemployed at the moment => unemployed
I'm between jobs => between jobs
I'm in my second year of college => second year
I graduated from MIT => mit
I'm left-handed => left
I'm 180 cm tall => 180
I weigh 82 kg => 82
I have curly hair => curly
I have sensitive skin => sensitive skin
my skin type is oily => oily
my name is Priya => priya
Hi, I'm Marcus => marcus
I go by Alex => alex
my pronouns are they/them => they/them
My email is jo@example.org => jo@example.org
I bank with Revolut => revolut
I pay by invoice => invoice
I travel for work every other week => travel
I'd rather be contacted by email => email
the best way to reach me is WhatsApp => whatsapp
I'm trying to lose weight => weight
I want to learn Italian => italian
I'm planning to retire in 2030 => retire
I hope to become a pilot => pilot
my goal is to read 30 books this year => 30 books
I'm expecting twins => twins
My girlfriend is vegetarian => girlfriend, vegetarian
My kids love dinosaurs => kids, dinosaurs
my youngest has asthma => youngest, asthma
Our cat is diabetic => cat, diabetic
my brother works at Nokia => brother, nokia
I live alone => alone
I live with my sister => sister
we don't have a car => car
I don't own a TV => tv
I have no pets => pets
I've never been to Asia => asia
I used to work at IBM => ibm
I quit my job last week => job
I stopped drinking => drinking
we sold the car => car
I'm not vegan any more => vegan, no longer
I don't live in Leeds anymore => leeds, no longer
I code in Python => python
I use Figma and Notion => figma
I write code in Rust => rust
I watch a lot of anime => anime
I listen to jazz => jazz
I read mostly crime novels => crime
I support Arsenal => arsenal
I follow a gluten-free diet => gluten-free
I avoid dairy => dairy
I only eat halal => halal
I'm a strict vegetarian => vegetarian
I'm coeliac, what can I order? => coeliac
I live in Turin, any good gyms? => turin
as a vegan I struggle with cheese => vegan
I'm a single mom of three => three
Remember that I have an oat allergy => oat
for the record, I hate surprises => surprises
Note that our office closes on Fridays => fridays
FYI I'm based in Nairobi => nairobi
I think I prefer tea => tea
my landlord is Polish => polish
my commute is 50 minutes => 50 minutes
my laptop is a Dell XPS 13 => dell
my phone is an iPhone 12 => iphone 12
I've got an old Kindle => kindle
I do yoga => yoga
I volunteer at a food bank => food bank
I swim twice a week => swim
I'm learning to play the drums => drums
I'm a huge fan of Studio Ghibli => ghibli
I'm fluent in Arabic => arabic
English isn't my first language => english
I'm in GMT+2 => gmt
I work from home on Fridays => fridays
I've two sisters => two sisters
I'm an only child => only child
I believe in God => god
I can only meet on Tuesdays => tuesdays
no emojis please => emojis
I'm on a tight budget => budget
"""

UNSAID = """
I want a refund
I need help with my order
I have a question
I'm hungry
I'm waiting for my order
I'm on the page now
I'm looking for the settings menu
I like your answer
I love how fast you are
thanks, you're great
my neighbour is allergic to cats
my boss hates Mondays
if I were vegan, what would I eat?
suppose I lived in Rome
I might move to Spain
I wish I had a dog
he said "I am a doctor"
> I live in Paris
Pretend I'm a pirate. I live on a ship.
I'm ready
I'm not sure
I think so
I don't know
I don't understand
I see
I have an error message
I have a problem with the app
I have an order from yesterday
I have no idea
I have to go
I got an error
I got your message
I got it
I am getting a 404
I am trying to log in
I'm having trouble with the login page
I can't log in
I can't find the button
I can't see my invoice
I don't see it
I don't like this one
I like this one
I like the second option
I like that
I love it
I love that idea
I prefer the blue one
I prefer the first option
I'd like to book a table for two
I'd like a coffee
I would like to cancel
I want to return these shoes
I want to know the price
I want to change my password
I need a new password
I need it by Friday
I need a hotel in Rome
I need to speak to a manager
I'm calling about my bill
I'm contacting you about an invoice
I'm writing to complain
I'm sorry
I'm fine, thanks
I'm good
I'm back
I'm here
I'm done
I'm stuck
I'm confused
I'm tired
I'm happy with that
I'm so angry right now
I'm late
I'm in a hurry
I'm at the checkout
I'm in the app
I'm in the settings
I'm using the wrong link
I use it
I use the link you sent
I tried that
I tried restarting it
I clicked the link
I ordered a lamp last week
I bought the wrong size
I paid already
I sent you an email
I called yesterday
I received a broken mug
I was charged twice
I was told to wait
I was wondering if you deliver
I just wanted to check
I thought so
I hope this helps
I hope you are well
I guess so
I agree
I understand
I mean the other one
I said no
I told you already
I asked for a window table
I will try
I will wait
I'll be right back
I'll take it
I'll have the soup
We ordered pizza
We are waiting
We need two rooms
We want the late checkout
we have a problem
we got the wrong parcel
My order is late
My order number is 4411
My screen is black
My card was declined
my laptop is broken
my phone is not charging
my car is in the shop
my account is locked
my password doesn't work
my question is about shipping
my bill is wrong
my flight is delayed
my apologies
my bad
my internet is slow
Do I need a visa?
Am I eligible?
Should I be vegan?
Is my budget too low?
Do you think I'm allergic?
Can I bring my dog?
What if I'm pregnant?
Where do I live?
You live in the cloud
You are a nurse
She is a doctor
He lives in Berlin
They have two kids
My friend Tom lives in Oslo
My colleague has a dog
My teacher says I'm lazy
The customer is vegan
People in Spain eat late
Imagine I'm a chef
Let's say I have a dog
Assume I earn 50k
what would happen if I quit my job?
I'd move to Rome if I could
I'd buy a Tesla if I were rich
I'm vegan. Just kidding!
yeah right, I'm the king of Spain
Translate this: I live in Madrid and I have a cat
Write a story about a man who says I am a baker
Here is the email: I am a lawyer and I live in Bonn
Is the sentence "my name is Ann" correct?
Book me a flight to Rome
Show me red shoes
Two, please
The blue one
Yes please
No thanks
ok
lol
Good morning
See you tomorrow
How old are you?
What's your name?
Where are you from?
That's my favourite
It is too expensive
This is great
There is a bug
Great, another crash
Call me back
Call me when it is ready
Send me the invoice
Use my card
Never mind
Don't worry
Keep it
Stop
Always the same error
I'm dying of laughter
I could eat a horse
I was hoping for a discount
I am able to log in now
I'm gonna try that
I'm about to give up
I haven't received anything
I haven't tried it
I'd say yes
If I lived in Paris I would eat cheese
When I click it, I get an error
I keep getting the same error
I always get this error
I work on it
it works for me
works for me
same here
"""


def probes(text):
    return [line for line in text.strip().splitlines() if line]


def found(line):
    sentence, wanted = line.split(" => ")
    told = [(c.content + (" no longer" if c.retracts else "")).lower() for c in extract_profiles(window(sentence))]
    return any(all(word in content for word in wanted.split(", ")) for content in told)


def test_most_plain_statements_are_found():
    missed = [line for line in probes(STATED) if not found(line)]
    assert len(probes(STATED)) >= 180
    assert len(missed) <= 2, missed


@pytest.mark.parametrize("sentence", probes(UNSAID))
def test_what_states_nothing_gives_nothing(sentence):
    assert contents(sentence) == []


@pytest.mark.parametrize("line", probes(STATED))
def test_candidates_are_well_formed(line):
    text = line.split(" => ")[0]
    for made in extract_profiles(window(text)):
        assert made.category in CATEGORIES
        assert made.ttl in TTLS
        assert 0 < made.confidence <= 1
        assert made.content == made.content.strip()
        for quote in made.evidence:
            assert (quote.interaction_id, quote.field) == ("i0", "content")
            assert 0 <= quote.start < quote.end <= len(text)
