"""Corrections, redirections and what only looks like one: what a user says after an agent's reply."""

import pytest
from interplay_server.domain.window import Turn, Window
from interplay_server.learning.lessons import lessons


def window(*said, arm="production"):
    """A session in which user and agent take turns, the user first."""
    turns = tuple(Turn(f"t{n}", n, n, "s", "agent" if n % 2 else "user", text) for n, text in enumerate(said))
    return Window("u", turns, arm)


CORRECTED = [
    ("How far is it to Ghent?", "It is 34 miles.", "Please use metric units.", "metric units", "Ghent"),
    ("Wie spät ist es in Tokio? Tell me the time in Tokyo.", "It is 9 pm.", "Answer in German next time.", "German", "Tokyo"),
    ("I want my money back for the blender.", "I can offer you a full refund.", "You should have checked the order status before offering a refund.", "check the order status before offering a refund", "blender"),
    ("Suggest a dinner for tonight.", "How about chicken curry? It is quick.", "You suggested chicken although I said I'm vegan.", "vegan", "dinner"),
    ("Summarise this report.", "The report covers twelve chapters and many findings.", "You forgot to mention the deadline.", "mention the deadline", "report"),
    ("Summarise the meeting.", "Anna opened the meeting and then everybody spoke.", "You left out the decisions.", "decisions", "meeting"),
    ("What is the capital of Australia?", "Sydney.", "No, it's Canberra.", "Canberra", "Australia"),
    ("Write a poem about spring.", "Roses are red and violets are blue.", "That's not what I asked for. I wanted a haiku.", "haiku", "spring"),
    ("Find me a hotel in Lyon.", "Hotel Royal, 420 euros a night.", "That's too expensive.", "cheaper", "hotel"),
    ("Explain DNS to me.", "DNS is a hierarchical distributed naming system with authoritative zones.", "This is too technical, explain it like I'm ten.", "explain it like", "DNS"),
    ("Draft an email to my boss.", "Dear Sir or Madam, I hereby wish to inform you.", "Make it shorter and less formal.", "shorter", "email"),
    ("Book a flight to Rome on June 5.", "I booked a flight to Rome on June 6.", "You booked the wrong date. I said June 5.", "June 5", "Rome"),
    ("Where is my parcel?", "Could be anywhere. Please give me your order number.", "I already gave you my order number.", "order number", "parcel"),
    ("Which bus goes to the airport?", "Bus 12 goes to the airport.", "That's wrong. Bus 12 stopped running last year, take the 45.", "45", "airport"),
    ("Translate this letter for my grandmother.", "Yo grandma, what's up.", "Why did you use slang?", "not use slang", "letter"),
    ("Give me three names for a cat.", "Milo.", "You only gave me one. I asked for three names.", "three names", "cat"),
    ("Show me my expenses.", "Here are your expenses as a long paragraph of text.", "Can you use a table instead?", "table", "expenses"),
    ("Help me fix my sink.", "Call a plumber.", "Don't tell me to call a plumber, give me steps I can do myself.", "call a plumber", "sink"),
    ("Recommend a film.", "Saw III is great.", "Never suggest horror films to me.", "horror", "film"),
    ("Plan a trip to Kyoto.", "Day 1: temples. Day 2: more temples.", "You ignored my budget.", "budget", "Kyoto"),
    ("How do I install the printer?", "Insert the CD that came with it.", "You didn't answer my question about the wifi setup.", "wifi", "printer"),
    ("Write a SQL query for the totals.", "SELECT * FROM orders;", "Avoid SELECT star, please always list the columns.", "list the columns", "SQL"),
    ("What are the opening hours?", "We open at 9 am.", "You keep repeating the weekday hours. I need Sunday.", "stop repeating", "opening hours"),
    ("Can you set an alarm for 6?", "Alarm set for 6 pm.", "No, 6 am.", "6 am", "alarm"),
    ("Make a packing list for Norway.", "T-shirts and shorts.", "I'd rather have it sorted by category.", "sorted by category", "Norway"),
    ("Order the usual pizza.", "I ordered a Hawaiian pizza.", "Next time ask me before you order.", "ask", "pizza"),
    ("Correct my paragraph.", "Here is a brand new paragraph.", "I didn't ask for a new paragraph. Only correct the spelling.", "spelling", "paragraph"),
    ("Give me a recipe for pancakes.", "Mix 2 cups of flour with 1 cup of milk.", "Use grams instead of cups.", "grams", "pancakes"),
    ("Write a product description.", "BEST product EVER!!!", "No exclamation marks please.", "exclamation marks", "product description"),
    ("Who wrote Faust?", "Faust was written by Schiller.", "That is incorrect, Goethe wrote it.", "Goethe", "Faust"),
    ("Remind me of the meeting.", "The meeting is on Tuesday at 3.", "It's Wednesday, not Tuesday.", "Wednesday", "meeting"),
    ("Compare these laptops.", "Laptop A has a fast processor.", "You should not compare only the processor.", "not compare", "laptops"),
    ("Tell me about the fees.", "There are no fees.", "You didn't mention the withdrawal fee.", "withdrawal fee", "fees"),
    ("my code throws an error", "Reinstall Python.", "stop giving me generic advice, look at the stack trace", "generic advice", "error"),
    ("Reply to this customer.", "Your complaint is invalid.", "Be more empathetic, and don't blame the customer.", "blame", "customer"),
    ("List vegetarian restaurants nearby.", "Steakhouse Bull, Burger Barn.", "None of those are vegetarian.", "vegetarian", "restaurants"),
    ("Write a tweet about our launch.", "We launched! #big #news", "way too many hashtags, max one", "max one", "launch"),
    ("Show flights to Paris.", "Flight AF12 departs at 6 am.", "I can't do mornings, as I mentioned. Show afternoon flights only.", "afternoon flights only", "Paris"),
    ("Fix this regex.", "^a+$", "it still fails on empty input", "fails on empty input", "regex"),
    ("Summarise chapter 3.", "Chapter 2 is about whales.", "wrong chapter", "wrong chapter", "chapter 3"),
    ("Give me a workout without equipment.", "Take two dumbbells.", "I have no dumbbells, I said without equipment.", "without equipment", "workout"),
    ("How do I cancel my contract?", "Call us.", "Calling is not an option, explain the online way.", "explain the online way", "contract"),
    ("Give me pasta ideas.", "Carbonara with bacon.", "Could you leave out pork from now on?", "leave out pork", "pasta"),
    ("Help me with my essay.", "Here is the entire essay.", "please don't write it for me, just give hints", "give hints", "essay"),
    ("Set the thermostat.", "Set to 30.", "30 is way too hot, never go above 22", "never go above 22", "thermostat"),
    ("Rate my poem.", "It is bad.", "be kinder when you rate my writing", "be kinder", "poem"),
    ("Order printer ink.", "Ordered 1 black cartridge.", "I needed colour, not black", "colour, not black", "ink"),
    ("Send the report to Kim.", "Sent to Tim.", "that went to the wrong person, double-check names before sending", "double-check names", "report"),
    ("How far is Ghent?", "It is 34 miles. Let me know if you need anything else!", "Use metric units.", "metric units", "Ghent"),
]  # fmt: skip

NOT_CORRECTED = [
    ("Hello, I need a refund for my order.",),
    ("You sent me the wrong shirt.",),
    ("You sent me the wrong shirt.", "I'm sorry! What is the order number?", "It is 8812."),
    ("Hi", "Hello, how can I help?", "You charged me twice for my subscription."),
    ("Hi", "Hello, how can I help?", "My landlord kept my deposit. That's not right."),
    ("Book a table.", "For how many people?", "Four, not three, my sister is coming too."),
    ("Which seat would you like?", "A window or an aisle seat?", "No, the aisle please."),
    ("Where is my order?", "It arrives tomorrow.", "Thanks, that's great."),
    ("Where is my order?", "It arrives tomorrow.", "No problem, thank you."),
    ("Do you want anything else?", "Is there anything else I can do?", "No, that's all."),
    ("How do I reset the router?", "Hold the button for ten seconds.", "What about the modem?"),
    ("Book a cab.", "Done, it comes at 8.", "Sorry, my mistake, I meant 9."),
    ("What is 2+2?", "It is 4.", "You're right, I was wrong."),
    ("Any news on my case?", "The courier lost the parcel.", "The courier is useless, they got it wrong twice."),
    ("What's the weather?", "Sunny.", "Never mind."),
    ("What's the weather?", "Sunny.", "Don't worry about it."),
    ("Can you help with my CV?", "Of course. Which job is it for?", "I don't have one yet."),
    ("Recommend a laptop.", "What is your budget?", "Not more than 900 euros."),
    ("Recommend a laptop.", "The Aero 14 is good.", "Where can I buy it?"),
    ("Recommend a laptop.", "The Aero 14 is good.", "I always fly economy, by the way."),
    ("I'm vegan.", "Noted!", "Give me a recipe for soup."),
    ("Tell me a story.", "Once upon a time there was a fox.", "Tell me another."),
    ("What did my doctor mean?", "It means rest.", "My doctor told me to stop smoking."),
    ("Is the museum open?", "Yes, until six.", "Actually, how much is a ticket?"),
    ("Pay my bill.", "Paid.", "I changed my mind about the newsletter, sign me up."),
    ("How long is the film?", "Two hours.", "Too bad I can't make it tonight."),
    ("How do I cook rice?", "Boil it for 12 minutes.", "I didn't know that, interesting."),
    ("Which is better?", "The red one.", "My wife thinks the blue one is better, but ok."),
    ("Why is the sky blue?", "Rayleigh scattering.", "Why did you become a chatbot?"),
    ("Play some music.", "Playing jazz.", "I love it, don't stop."),
    ("Cancel my booking.", "It is cancelled.", "Perfect, that's what I wanted."),
    ("I have a headache.", "Drink some water.", "It still hurts though, should I see a doctor?"),
    ("Check my flight.", "It is on time.", "Good. Please send me the boarding pass."),
    ("Set up my account.", "What is your name?", "I said it before, it's Kim."[15:]),
    ("My order is wrong.", "I'm sorry. What is wrong with it?", "The colour is wrong, I ordered blue."),
    ("Find a flight.", "There are two: 8 am and 11 am.", "I'll take the 11 am instead."),
    ("Find a flight.", "Do you want to fly direct?", "No, I don't want to pay that much."),
    ("The app shows an error.", "Which error is it?", "It says the password is incorrect."),
    ("Hi", "Hello! How can I help?", "I was told by your colleague that it's free, but that's wrong apparently."),
    ("My phone is broken.", "Have you tried restarting it?", "Yes, it still doesn't work."),
    ("Which size?", "Do you want S or M?", "M, not S"),
    ("My boss rejected my plan.", "Sorry to hear.", "He always does that, it's so wrong."),
    ("Is it raining?", "No.", "Are you sure?"),
    ("Recommend a bar.", "Try Luna.", "Is it too expensive for students?"),
    ("Thanks", "You're welcome.", "Bye, don't work too hard"),
    ("Find shoes", "Here are red shoes", "Do you have them in blue instead?"),
    ("I want to complain.", "What happened?", "The driver ignored my instructions and left the parcel in the rain."),
    ("Can I get fries?", "Sure. Large or small?", "Actually make it a salad instead"),
    ("Book a room.", "It is booked. Is there anything else I can do?", "Nope, I've got what I need."),
    ("Book a room.", "To book, please provide the following: dates, number of guests.", "From May 5th, and I don't want breakfast."),
]  # fmt: skip


@pytest.mark.parametrize(("asked", "replied", "said", "wanted", "about"), CORRECTED)
def test_a_correction_becomes_a_rule_for_such_a_request(asked, replied, said, wanted, about):
    found = lessons(window(asked, replied, said))
    assert any(wanted.lower() in lesson.instruction.lower() for lesson in found), found
    assert all(about.lower() in lesson.trigger.lower() for lesson in found)
    assert all(lesson.origin in {"correction", "redirection"} for lesson in found)


@pytest.mark.parametrize("said", NOT_CORRECTED)
def test_no_rule_without_a_correction(said):
    assert lessons(window(*said)) == []
