"""The validity of EWS folders, which was the id of the folder, becomes its digest.

Exchange's ids have about 120 characters and the column 64, which only SQLite takes. A
Source whose validity stayed as it was would be begun anew. Back again nothing is done:
an id cannot be had from its digest, and the older version begins a new Source, which is
matched against what is stored.
"""

import hashlib
import re

from django.db import migrations

DIGEST = re.compile(r"[0-9a-f]{40}")
# What was given up (services/fetch/sources) is no id, and nothing looks for it again.
GIVEN_UP = " until "


def forwards(apps, schema_editor):
    sources = apps.get_model("mailboxes", "Source").objects.using(
        schema_editor.connection.alias
    )
    for pk, validity in list(
        sources.filter(type="EWS").values_list("pk", "validity")
    ):
        if not DIGEST.fullmatch(validity) and GIVEN_UP not in validity:
            digest = hashlib.sha256(validity.encode()).hexdigest()[:40]
            sources.filter(pk=pk).update(validity=digest)


class Migration(migrations.Migration):
    dependencies = [("mailboxes", "0008_waiting_certificates")]

    operations = [migrations.RunPython(forwards, migrations.RunPython.noop)]
