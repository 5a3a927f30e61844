"""The two kinds of option sets, `pop-client` and `smtp-client`, and their fixed values.

Every option is declared once, on its field: in pop_clients and smtp_clients, what both
share in option_shared; conditions in option_conditions.
"""

from .option_conditions import MECHANISMS
from .option_sets import OptionSet
from .option_shared import GRAPH_SCOPE, MICROSOFT_AUTHORITY, OUTLOOK_SCOPE
from .pop_clients import PopClient
from .smtp_clients import SmtpClient

__all__ = [
    "GRAPH_SCOPE",
    "MECHANISMS",
    "MICROSOFT_AUTHORITY",
    "OUTLOOK_SCOPE",
    "OptionSet",
    "PopClient",
    "SmtpClient",
]
