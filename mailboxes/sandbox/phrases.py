"""What people write to Contoso: customers, questions, and who gets which.

Only words; how a letter is built: letters.
"""

from __future__ import annotations

from typing import NamedTuple


class Question(NamedTuple):
    """One request of a customer. {n} is an order or ticket number."""

    subject: str
    body: str


CUSTOMERS = (
    ("Anna Lindqvist", "anna"),
    ("Jean-Luc Moreau", "jeanluc.moreau"),
    ("Priya Raghavan", "priya.raghavan"),
    ("Tomáš Novák", "tomas.novak"),
    ("Zoë Müller-Weiß", "zoe.mueller"),
    ("Kenji Watanabe", "kenji.watanabe"),
    ("Olga Petrova", "olga.petrova"),
    ("Chidi Okafor", "chidi.okafor"),
    ("Łucja Żuławska", "lucja.zulawska"),
    ("Bríd Ní Dhomhnaill", "brid"),
    ("Maria das Dores Gonçalves", "maria.goncalves"),
    ("Sam O'Neill", "sam.oneill"),
)

SUPPORT = (
    Question(
        "My kettle does not switch off",
        "since yesterday my Contoso kettle keeps boiling after the lid is closed.\n"
        "The serial number is CK-{n}. Is there anything I can try before I send it in?",
    ),
    Question(
        "Where is the filter on the CoffeePro 3?",
        "the manual says that the water filter is on the left side, but on my machine\n"
        "there is only the bean container. Could you send me a picture?",
    ),
    Question(
        "App does not find my machine",
        "the app stops at 62 % while it is looking for the "
        "machine. The Wi-Fi is fine,\n"
        "and I restarted both. My ticket number from the chat was {n}.",
    ),
    Question(
        "Thank you!",
        "I just wanted to say that the new grinder works "
        "wonderfully. Your colleague on\n"
        "the phone was very patient with me. Please tell her!",
    ),
    Question(
        "Error E14 after descaling",
        "after descaling the display shows E14 and a small drop. I "
        "followed all steps of\n"
        "the guide twice. What does E14 mean?",
    ),
    Question(
        "Noise when grinding",
        "the grinder has become much louder this week. I attached "
        "nothing yet, but I can\n"
        "record the sound if that helps. Machine number: {n}.",
    ),
)
ORDERS = (
    Question(
        "Order {n}: when will it arrive?",
        "I ordered two milk jugs on Monday (order {n}). The tracking page still says\n"
        "'prepared'. It is a birthday present for Saturday, will it be here in time?",
    ),
    Question(
        "Change of delivery address, order {n}",
        "we have moved. Please send order {n} to 12 Harbour Lane, second floor.\n"
        "The name on the door is the same.",
    ),
    Question(
        "One cup is missing",
        "my parcel came today, thank you. There were only five "
        "cups in it instead of six.\n"
        "The order number is {n}.",
    ),
    Question(
        "Bulk order for our office",
        "we would like to order 40 mugs with our logo. Can you make us an offer?\n"
        "The logo is ready as a vector file.",
    ),
    Question(
        "Cancel order {n}",
        "I pressed the button twice, so there are now two orders. Please cancel {n},\n"
        "the other one is fine.",
    ),
)
BILLING = (
    Question(
        "Invoice {n} charged twice",
        "invoice {n} shows up twice on my card statement. Could you look into it and\n"
        "return one of them?",
    ),
    Question(
        "VAT number on invoice",
        "our accountant asks for an invoice with our VAT number. "
        "It belongs to order {n}.",
    ),
    Question(
        "Reminder although paid",
        "I got a reminder for invoice {n}, but I paid on the 3rd. "
        "The receipt is below.",
    ),
    Question(
        "Pay by bank transfer?",
        "is it possible to pay order {n} by bank transfer instead of card?",
    ),
)
QUESTIONS = {"support": SUPPORT, "orders": ORDERS, "billing": BILLING}


def for_mailbox(address: str) -> tuple[Question, ...]:
    """The questions that fit a mailbox; all of them for one without its own."""
    return QUESTIONS.get(address.partition("@")[0], SUPPORT + ORDERS + BILLING)
