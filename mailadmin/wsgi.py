"""Entry point of the web process. Wrong settings stop it with a sentence each."""

from __future__ import annotations

import os
import sys

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mailadmin.settings")

from django.core import checks  # noqa: E402  needs the settings module named above
from django.core.wsgi import get_wsgi_application  # noqa: E402

application = get_wsgi_application()
_faults = [m for m in checks.run_checks() if m.level >= checks.ERROR]
if _faults:
    sys.exit("\n".join(str(fault) for fault in _faults))
