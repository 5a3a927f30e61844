"""Messages due at the very same time are found in order on PostgreSQL, too."""

from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('mailboxes', '0011_outbound_by_code'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name='outboundmessage',
            name='outbound_due',
        ),
        migrations.AddIndex(
            model_name='outboundmessage',
            index=models.Index(
                fields=['smtp_client', 'state', 'not_before', 'id'],
                name='outbound_due',
            ),
        ),
    ]
