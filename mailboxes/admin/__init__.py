"""The Django admin: every model. Option sets go through form and service of the
console, what the machinery writes is read-only, secrets are never shown.
"""

from . import mailboxes, option_sets, queue, rows, shared, site, users  # noqa: F401
