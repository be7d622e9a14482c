"""Pairs of facts and how the new one stands to the old one."""

import pytest
from interplay_server.learning.merge import Fact, Relation, relation

# Class; new | old
PROBES = """
DUPLICATE
Is based in Porto | Lives in Porto
Resides in Lyon | Lives in Lyon
The user's home is in Madrid. | Lives in Madrid
The user lives in Oslo. | I live in Oslo
Has a shellfish allergy | Is allergic to shellfish
The user can't eat walnuts because of an allergy. | Allergic to walnuts
Is a nurse | Works as a nurse
Her job is teacher | Works as a teacher
Is employed by Philips | Works for Philips
Wife's name is Clara | Wife is called Clara
Clara is the user's wife | Is married to Clara
The user would rather have window seats. | Prefers window seats
Likes window seats better | Prefers window seats
Favours tea over coffee | Prefers tea to coffee
Loves hiking in the mountains | Enjoys mountain hikes
Is fond of jazz | Likes jazz
Hobby is photography | Enjoys photography
Hates coriander | Dislikes cilantro
Can't stand loud music | Hates loud music
The user doesn't eat meat. | Is vegetarian
Budget is €1,200 | Budget is 1200 euros
The user has a budget of $1.2k. | Budget is 1200 USD
Is 183 cm tall | Is 6 ft tall
Drinks 1.5 l of water a day | Drinks 1500 ml of water per day
Goes running twice a week | Runs two times per week
Wakes up at 6:30 am | Gets up at 6:30
Is 34 years old | Age is 34
Birthday is on 5 March | Was born on March 5
Speaks Italian fluently | Is fluent in Italian
Native language is Dutch | Mother tongue is Dutch
Has two kids | Has 2 children
Owns a bicycle | Has a bike
Has a dog | Has a dog called Rex
Lives in Germany | Lives in Berlin, Germany
Drives a Volvo | Drives a red Volvo
Has a cat | Has two-year-old cat Mimi
Is subscribed to Netflix | Has a Netflix subscription
Goes to bed at 11 pm | Goes to sleep at 23:00
Shoe size is 42 | Wears size 42 shoes
Wants to learn Spanish | Plans to learn Spanish
No longer smokes | Quit smoking
Does not drink alcohol | Never drinks alcohol
Prefers brief answers | Prefers short replies
Prefers to be contacted by e-mail | Prefers to be contacted by email
Calls Hamburg home | Lives in Hamburg
Has been living in Utrecht since 2018 | Lives in Utrecht since 2018
The user's place is in Graz | Lives in Graz
Earns a living as a carpenter | Is a carpenter
Is on the payroll of Bosch | Works for Bosch
Peanuts make the user ill because of an allergy | Has a peanut allergy
Does not tolerate lactose | Is lactose intolerant
Is intolerant to lactose | Has a lactose intolerance
Has type 2 diabetes | Is a type 2 diabetic
Suffers from asthma | Has asthma
Never touches alcohol | Does not drink alcohol
The user keeps a vegan diet | Is vegan
Daughter's name is Lea | Has a daughter called Lea
The user's son Max is 6 years old | Son Max is six
Has a brother named Paul | Brother is called Paul
Has one brother | Has a brother
The cat's name is Luna | Has a cat called Luna
Prefers to sit by the window | Prefers window seats
Likes to sit on the aisle when flying | Prefers aisle seats on flights
Wants replies to be short | Prefers short answers
Please keep answers brief | Prefers short answers
Wants to be called Sam | Goes by Sam
Prefers to communicate by text message | Prefers text messages for contact
Would like explanations with examples | Wants examples in explanations
Uses metric units | Prefers metric units
Maximum budget is 500 dollars | Can spend up to $500
Rent is 950 euros a month | Pays 950 euros rent per month
Drives an electric car | Has an electric car
Owns a 2015 Honda Civic | Drives a Honda Civic from 2015
Uses a Windows laptop | Has a laptop with Windows
Phone is an iPhone 13 | Uses an iPhone 13
Codes in Rust | Uses Rust for programming
Takes the train to work | Commutes by train
Wakes up early | Is an early riser
Is learning to play the piano | Takes piano lessons
Is training for a marathon | Is preparing for a marathon
Goes swimming every week | Swims weekly
Plays tennis on Sundays | Has tennis every Sunday
Moved to Canada in 2020 | Has lived in Canada since 2020
Mother tongue is Polish | Is a native Polish speaker
Weekly team meeting takes place on Mondays | Team meeting is every Monday
Has no siblings | Is an only child
REFINES
Has a dog called Rex | Has a dog
Dog is called Rex | Has a dog
Lives in Berlin, Germany | Lives in Germany
Lives in Porto | Lives in Portugal
Works as a senior nurse | Works as a nurse
Is a software engineer at Siemens | Works at Siemens
Has three children | Has children
Is allergic to peanuts and walnuts | Is allergic to peanuts
Prefers aisle seats on long flights | Prefers aisle seats
Drinks coffee every morning | Drinks coffee
Drives a red Toyota | Drives a Toyota
Speaks French and German | Speaks French
Goes to the gym on Mondays | Goes to the gym
Plays the guitar in a band | Plays guitar
Wife is a doctor at the city hospital | Wife is a doctor
Uses Python 3.12 | Uses Python
Is learning Japanese with a tutor | Is learning Japanese
Plans a trip to Japan in May | Plans a trip to Japan
Lives in the Alfama district of Lisbon | Lives in Lisbon
Lives in a two-room flat in Vienna | Lives in Vienna
Is a pediatric nurse | Is a nurse
Is severely allergic to bee stings and carries an EpiPen | Is allergic to bee stings
Has a 5-year-old son called Tim | Has a son
Has a grey cat called Minka | Has a cat called Minka
Wife Ana works as a dentist in Porto | Wife is called Ana
Works at Siemens as a project manager | Works at Siemens
Likes spicy Thai food | Likes Thai food
Plays tennis every Saturday with Paul | Plays tennis
Budget for the trip is 1200 euros including flights | Budget for the trip is 1200 euros
Wants to visit Japan in spring 2027 | Wants to visit Japan
Uses an iPhone 15 Pro | Uses an iPhone
Runs a half marathon every year in Lisbon | Runs a half marathon every year
Deadline is Friday at 5 pm | Deadline is Friday
Prefers short answers with bullet points | Prefers short answers
Is learning Spanish for a trip to Peru | Is learning Spanish
Flies to Boston on 12 May at 9:40 | Flies to Boston on 12 May
Suffers from back pain after long drives | Has back pain
Subscribed to the premium plan of Spotify | Is subscribed to Spotify
CONTRADICTS
Lives in Berlin | Lives in Munich
Moved to Oslo | Lives in Bergen
Lives in Spain | Lives in Portugal
Works at Bosch | Works at Siemens
Works as a teacher | Works as a nurse
Prefers aisle seats | Prefers window seats
The user prefers aisle seats. | Favourite seat is the window seat
Prefers detailed answers | Prefers short answers
Prefers a casual tone | Prefers a formal tone
Prefers light mode | Prefers dark mode
Prefers tea over coffee | Prefers coffee over tea
Budget is 1200 | Budget is 800
Budget is 1,500 euros | Budget is 1,200 euros
No longer drinks coffee | Likes coffee
Doesn't drink coffee any more | Drinks coffee every morning
Is vegetarian | Eats meat
Eats chicken | Is a vegetarian
Is not allergic to peanuts | Is allergic to peanuts
Has three children | Has two children
Has no children | Has two children
Is 35 years old | Is 34 years old
Is divorced | Is married
Is retired | Works at Siemens
Wife is called Berta | Wife is called Ana
Wakes up at 7 am | Wakes up at 6 am
Standup is at 10 am | Standup is at 9 am
Deadline is Friday | Deadline is Monday
Favourite colour is green | Favourite colour is blue
Shoe size is 43 | Shoe size is 42
Time zone is UTC+2 | Time zone is UTC+1
Phone number is 555 1234 | Phone number is 555 9876
Goes to the gym three times a week | Goes to the gym twice a week
Hates jazz | Loves jazz
Sold the car | Has a car
Drives a Tesla | Drives a Golf
Stopped playing tennis | Plays tennis
Used to live in Porto | Lives in Porto
Works from the office | Works from home
Commutes by train | Commutes by car
Doesn't like spicy food | Likes spicy food
Avoids dairy | Eats dairy
Weighs 82 kg | Weighs 75 kg
Is vegan | Is vegetarian
Team meeting is on Thursdays | Team meeting is on Tuesdays
Cancelled the Netflix subscription | Has a Netflix subscription
Is single | Is married to Tom
Has moved to Rotterdam | Lives in Ghent
Is now unemployed | Works as a designer
Left Siemens last month | Works at Siemens
Quit the job at Siemens | Works at Siemens
Got divorced | Is married
Became a vegetarian | Loves eating steak
Has started eating meat again | Is vegetarian
Can eat gluten again | Cannot eat gluten
Now prefers long answers | Wants short answers
Prefers to be phoned | Prefers to be contacted by email
Raised the budget to 1,500 dollars | Budget is 1,000 dollars
Bought a Tesla and sold the Golf | Drives a Golf
Switched to Android | Uses an iPhone
Flight leaves at 9 am | Flight leaves at 7 am
Son is 7 years old | Son is 6 years old
Lost 5 kg and weighs 70 kg | Weighs 75 kg
Works part-time | Works full-time
Does not have any pets | Has a dog
Is afraid of dogs | Loves dogs
The meeting was moved to Thursday | The meeting is on Wednesday
Wears size L | Wears size M
Drinks coffee with sugar | Drinks coffee without sugar
Prefers Celsius | Prefers Fahrenheit
Cannot swim | Can swim well
Doesn't speak any French | Speaks French
Sleeps eight hours a night | Sleeps six hours a night
Is no longer learning Spanish | Is learning Spanish
Trip to Greece is cancelled | Plans a trip to Greece
Uses a Mac at work | Uses a Windows PC at work
Broke up with Tom | Boyfriend is called Tom
Prefers evening appointments | Prefers morning appointments
DISTINCT
Speaks German | Speaks French
Has a cat | Has a dog
Likes jazz | Likes tea
Daughter is called Ana | Wife is called Ana
Wife is a doctor | Is a doctor
Daughter is allergic to nuts | Son is allergic to nuts
Is allergic to eggs | Is allergic to milk
Likes chocolate cake | Likes chocolate
Prefers aisle seats | Prefers short answers
Prefers aisle seats on long flights | Prefers window seats on short flights
Works at Siemens | Lives in Munich
Son is 5 | Daughter is 7
Budget for the flight is 800 euros | Budget for the hotel is 1200 euros
Shoe size is 42 | Shirt size is 40
Was born in Porto | Lives in Lisbon
Used to live in Porto | Lives in Lisbon
Likes red wine | Likes white wine
Has a dog called Rex | Has a dog called Max
Uses Slack | Uses Teams
Plays the piano | Plays the guitar
Is learning Spanish | Speaks Italian
Visited Rome in 2019 | Visited Rome in 2023
Prefers vegetarian restaurants | Prefers hotels near the station
Wants to visit Japan | Wants to buy a car
Mother lives in Porto | Lives in Porto
Has a black cat | Has a white dog
Likes dogs | Has a dog
Has a dentist appointment on Monday | Has a meeting on Monday
Does not eat pork | Does not eat beef
Subscribed to Spotify | Subscribed to Netflix
Wakes up at 6 am | Goes to bed at 10 pm
Works as a nurse | Wants to be a doctor
Favourite film is Alien | Favourite colour is blue
Brother lives in Canada | Sister lives in Canada
Is afraid of heights | Is afraid of spiders
Laptop is a MacBook | Phone is an iPhone
Reads science fiction | Reads the news
Doesn't drink coffee after 3 pm | Drinks coffee
Budget is 800 euros | Rent is 800 euros
Is learning to play the piano | Is learning Spanish
Son plays football | Plays football
Rent is 950 euros | Budget for furniture is 950 euros
Has a meeting with Anna on Monday | Has a meeting with Tom on Tuesday
Owns a house in Spain | Lives in Germany
Likes dark chocolate | Prefers dark mode
Wakes up at 6 am | Starts work at 8 am
Sister is allergic to cats | Has a cat
Flight to Boston is on 12 May | Flight to Denver is on 20 June
Has been to Japan | Wants to go to Korea
Weighs 75 kg | Is 175 cm tall
Plays chess | Likes card games
Wants a new phone | Has a new laptop
Has a subscription to the New York Times | Reads the Guardian
Father was a teacher | Is a teacher
Drinks tea in the morning | Drinks wine in the evening
Prefers trains for short trips | Prefers planes for long trips
Doesn't eat pork | Is allergic to shellfish
Speaks some Russian | Is learning Arabic
Uses Python at work | Uses Excel at work
Works on Saturdays | Goes to church on Sundays
Is interested in history | Is interested in astronomy
Laptop has 16 GB of RAM | Phone has 128 GB of storage
Prefers hotels with a pool | Prefers hotels near the beach
Has a cold | Has a car
The kitchen is small | The kitchen is on the second floor
Brother is called Tom | Boss is called Tom
""".strip()


def probes():
    expected = None
    for line in PROBES.splitlines():
        if line in Relation.__members__:
            expected = Relation[line]
        else:
            new, _, old = line.partition(" | ")
            yield pytest.param(new, old, expected, id=f"{new} | {old}")


@pytest.mark.parametrize(("new", "old", "expected"), list(probes()))
def test_relation_of_two_sentences(new, old, expected):
    assert relation(Fact(new), Fact(old), 0.5) is expected
