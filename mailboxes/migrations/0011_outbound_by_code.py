"""Sent messages that some recipients were refused are found without a look at all."""

from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('mailboxes', '0010_option_words_out'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddIndex(
            model_name='outboundmessage',
            index=models.Index(fields=['state', 'code'], name='outbound_by_code'),
        ),
    ]
