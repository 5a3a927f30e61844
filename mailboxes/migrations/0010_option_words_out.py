"""The words of the options leave the migrations; the database stays as it is.

Labels, helps and choices stand on the fields (models/option_fields.py), where they can
be mended without a migration.
"""

import django.db.models.deletion
from django.db import migrations, models


class Together(migrations.SeparateDatabaseAndState):
    """Its operations, without making all models anew after each of them."""

    def state_forwards(self, app_label, state):
        state.__dict__.pop("apps", None)  # whoever needs them next makes them
        super().state_forwards(app_label, state)


class Migration(migrations.Migration):

    dependencies = [
        ('mailboxes', '0009_ews_validities'),
    ]

    # Of the state alone: no option has another column than before.
    operations = [
        Together(
            state_operations=[
                migrations.AlterField(
                    model_name='popclient',
                    name='account',
                    field=models.CharField(blank=True, default='', max_length=255),
                ),
                migrations.AlterField(
                    model_name='popclient',
                    name='after_fetch',
                    field=models.CharField(default='leave', max_length=64),
                ),
                migrations.AlterField(
                    model_name='popclient',
                    name='after_fetch_folder',
                    field=models.CharField(blank=True, default='', max_length=255),
                ),
                migrations.AlterField(
                    model_name='popclient',
                    name='allow_bad_msg_size',
                    field=models.CharField(blank=True, default='', max_length=255),
                ),
                migrations.AlterField(
                    model_name='popclient',
                    name='client_id',
                    field=models.CharField(blank=True, default='', max_length=255),
                ),
                migrations.AlterField(
                    model_name='popclient',
                    name='connect_timeout',
                    field=models.IntegerField(default=15),
                ),
                migrations.AlterField(
                    model_name='popclient',
                    name='copy_message_to_recipients',
                    field=models.BooleanField(default=False),
                ),
                migrations.AlterField(
                    model_name='popclient',
                    name='copy_message_with_header',
                    field=models.CharField(blank=True, default='X-Genesys-To', max_length=255),
                ),
                migrations.AlterField(
                    model_name='popclient',
                    name='cycle_time',
                    field=models.IntegerField(default=60),
                ),
                migrations.AlterField(
                    model_name='popclient',
                    name='delete_bad_formatted_msg',
                    field=models.CharField(blank=True, default='', max_length=255),
                ),
                migrations.AlterField(
                    model_name='popclient',
                    name='directory_id',
                    field=models.CharField(blank=True, default='', max_length=255),
                ),
                migrations.AlterField(
                    model_name='popclient',
                    name='enable_big_msg_stripping',
                    field=models.CharField(blank=True, default='', max_length=255),
                ),
                migrations.AlterField(
                    model_name='popclient',
                    name='enable_client',
                    field=models.BooleanField(default=True),
                ),
                migrations.AlterField(
                    model_name='popclient',
                    name='enable_debug',
                    field=models.CharField(blank=True, default='', max_length=255),
                ),
                migrations.AlterField(
                    model_name='popclient',
                    name='enable_ssl',
                    field=models.CharField(blank=True, default='', max_length=255),
                ),
                migrations.AlterField(
                    model_name='popclient',
                    name='endpoint',
                    field=models.CharField(blank=True, default='', max_length=255),
                ),
                migrations.AlterField(
                    model_name='popclient',
                    name='exchange_version',
                    field=models.CharField(blank=True, default='', max_length=255),
                ),
                migrations.AlterField(
                    model_name='popclient',
                    name='first_fetch',
                    field=models.CharField(default='from-now', max_length=64),
                ),
                migrations.AlterField(
                    model_name='popclient',
                    name='first_fetch_days',
                    field=models.IntegerField(default=7),
                ),
                migrations.AlterField(
                    model_name='popclient',
                    name='folder_path',
                    field=models.CharField(blank=True, default='', max_length=255),
                ),
                migrations.AlterField(
                    model_name='popclient',
                    name='folder_separator',
                    field=models.CharField(blank=True, default='', max_length=255),
                ),
                migrations.AlterField(
                    model_name='popclient',
                    name='grant_type',
                    field=models.CharField(default='password', max_length=64),
                ),
                migrations.AlterField(
                    model_name='popclient',
                    name='inbound_msg_copy_limit',
                    field=models.IntegerField(default=10),
                ),
                migrations.AlterField(
                    model_name='popclient',
                    name='leave_on_server',
                    field=models.CharField(blank=True, default='', max_length=255),
                ),
                migrations.AlterField(
                    model_name='popclient',
                    name='mailbox',
                    field=models.CharField(blank=True, default='', max_length=255),
                ),
                migrations.AlterField(
                    model_name='popclient',
                    name='maximum_msg_number',
                    field=models.IntegerField(default=1000),
                ),
                migrations.AlterField(
                    model_name='popclient',
                    name='maximum_msg_size',
                    field=models.BigIntegerField(default=52428800),
                ),
                migrations.AlterField(
                    model_name='popclient',
                    name='mechanisms',
                    field=models.CharField(blank=True, default='', max_length=64),
                ),
                migrations.AlterField(
                    model_name='popclient',
                    name='move_failed_ews_item',
                    field=models.CharField(blank=True, default='', max_length=255),
                ),
                migrations.AlterField(
                    model_name='popclient',
                    name='password',
                    field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='mailboxes.secretvalue'),
                ),
                migrations.AlterField(
                    model_name='popclient',
                    name='pop_connection_security',
                    field=models.CharField(default='ssl-tls', max_length=64),
                ),
                migrations.AlterField(
                    model_name='popclient',
                    name='port',
                    field=models.IntegerField(default=0),
                ),
                migrations.AlterField(
                    model_name='popclient',
                    name='protocol_timeout',
                    field=models.IntegerField(default=60),
                ),
                migrations.AlterField(
                    model_name='popclient',
                    name='proxy',
                    field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='%(class)ss', to='mailboxes.proxy'),
                ),
                migrations.AlterField(
                    model_name='popclient',
                    name='registration',
                    field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='%(class)ss', to='mailboxes.appregistration'),
                ),
                migrations.AlterField(
                    model_name='popclient',
                    name='scope',
                    field=models.CharField(blank=True, default='https://outlook.office.com/.default', max_length=255),
                ),
                migrations.AlterField(
                    model_name='popclient',
                    name='secret',
                    field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='%(class)ss', to='mailboxes.namedsecret'),
                ),
                migrations.AlterField(
                    model_name='popclient',
                    name='server',
                    field=models.CharField(blank=True, default='', max_length=255),
                ),
                migrations.AlterField(
                    model_name='popclient',
                    name='tenant_authority',
                    field=models.CharField(blank=True, default='https://login.microsoftonline.com', max_length=255),
                ),
                migrations.AlterField(
                    model_name='popclient',
                    name='type',
                    field=models.CharField(default='IMAP', max_length=64),
                ),
                migrations.AlterField(
                    model_name='smtpclient',
                    name='account',
                    field=models.CharField(blank=True, default='', max_length=255),
                ),
                migrations.AlterField(
                    model_name='smtpclient',
                    name='client_id',
                    field=models.CharField(blank=True, default='', max_length=255),
                ),
                migrations.AlterField(
                    model_name='smtpclient',
                    name='connect_timeout',
                    field=models.IntegerField(default=15),
                ),
                migrations.AlterField(
                    model_name='smtpclient',
                    name='directory_id',
                    field=models.CharField(blank=True, default='', max_length=255),
                ),
                migrations.AlterField(
                    model_name='smtpclient',
                    name='enable_authentication',
                    field=models.CharField(blank=True, default='', max_length=255),
                ),
                migrations.AlterField(
                    model_name='smtpclient',
                    name='enable_client',
                    field=models.BooleanField(default=True),
                ),
                migrations.AlterField(
                    model_name='smtpclient',
                    name='enable_debug',
                    field=models.CharField(blank=True, default='', max_length=255),
                ),
                migrations.AlterField(
                    model_name='smtpclient',
                    name='exception_notify_address',
                    field=models.CharField(blank=True, default='', max_length=255),
                ),
                migrations.AlterField(
                    model_name='smtpclient',
                    name='exchange_version',
                    field=models.CharField(blank=True, default='', max_length=255),
                ),
                migrations.AlterField(
                    model_name='smtpclient',
                    name='grant_type',
                    field=models.CharField(default='password', max_length=64),
                ),
                migrations.AlterField(
                    model_name='smtpclient',
                    name='mailbox',
                    field=models.CharField(blank=True, default='', max_length=255),
                ),
                migrations.AlterField(
                    model_name='smtpclient',
                    name='mechanisms',
                    field=models.CharField(blank=True, default='', max_length=64),
                ),
                migrations.AlterField(
                    model_name='smtpclient',
                    name='password',
                    field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='mailboxes.secretvalue'),
                ),
                migrations.AlterField(
                    model_name='smtpclient',
                    name='port',
                    field=models.IntegerField(default=0),
                ),
                migrations.AlterField(
                    model_name='smtpclient',
                    name='protocol_timeout',
                    field=models.IntegerField(default=120),
                ),
                migrations.AlterField(
                    model_name='smtpclient',
                    name='proxy',
                    field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='%(class)ss', to='mailboxes.proxy'),
                ),
                migrations.AlterField(
                    model_name='smtpclient',
                    name='registration',
                    field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='%(class)ss', to='mailboxes.appregistration'),
                ),
                migrations.AlterField(
                    model_name='smtpclient',
                    name='scope',
                    field=models.CharField(blank=True, default='https://outlook.office.com/.default', max_length=255),
                ),
                migrations.AlterField(
                    model_name='smtpclient',
                    name='secret',
                    field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='%(class)ss', to='mailboxes.namedsecret'),
                ),
                migrations.AlterField(
                    model_name='smtpclient',
                    name='server',
                    field=models.CharField(blank=True, default='', max_length=255),
                ),
                migrations.AlterField(
                    model_name='smtpclient',
                    name='server_type',
                    field=models.CharField(default='SMTP', max_length=64),
                ),
                migrations.AlterField(
                    model_name='smtpclient',
                    name='smtp_connection_security',
                    field=models.CharField(default='start-tls', max_length=64),
                ),
                migrations.AlterField(
                    model_name='smtpclient',
                    name='tenant_authority',
                    field=models.CharField(blank=True, default='https://login.microsoftonline.com', max_length=255),
                ),
                migrations.AlterField(
                    model_name='smtpclient',
                    name='token_expiry_margin_time',
                    field=models.IntegerField(default=10),
                ),
            ],
        ),
    ]
