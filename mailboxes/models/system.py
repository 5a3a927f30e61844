"""The machinery's own rows: instance, workers, batches, leases by name."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models

from .runners import Leased


class Instance(models.Model):
    """This installation: one row. Held means nothing is fetched, settled or sent.

    epoch: only grows; where the data folder knows a higher one, the database is an
    older copy (services/instance/epoch).
    """

    instance_id = models.UUIDField(default=uuid.uuid4, editable=False)
    epoch = models.PositiveBigIntegerField(default=0, editable=False)
    held = models.BooleanField(default=False)
    held_reason = models.CharField(max_length=200, blank=True)
    held_at = models.DateTimeField(null=True, blank=True)
    held_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL
    )

    def __str__(self) -> str:
        return str(self.instance_id)


class Worker(models.Model):
    """One running `manage.py worker`.

    beat_at: written by the supervisor itself. probe_at: last time that a task which it
    had put on the queue was carried out; a cluster that hangs lets it grow old.
    """

    name = models.CharField(max_length=80, unique=True)  # host:pid
    started_at = models.DateTimeField()
    beat_at = models.DateTimeField()
    probe_sent_at = models.DateTimeField(null=True)
    probe_at = models.DateTimeField(null=True)
    cluster_started_at = models.DateTimeField(null=True)
    cluster_restarts = models.PositiveIntegerField(default=0)
    stopped_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.name


class Batch(models.Model):
    """One coarse task on the queue: a minute at most of fetching, sending or testing.

    started_at is set by a conditional update, so a task that is delivered twice runs
    once. stop: asks it to end at the next window.
    """

    class Kind(models.TextChoices):
        FETCH = "fetch"
        SEND = "send"
        TEST = "test"

    kind = models.CharField(max_length=8, choices=Kind)
    created_at = models.DateTimeField()
    worker = models.CharField(max_length=80, blank=True)  # on whose queue it lies
    owner = models.CharField(max_length=80, blank=True)  # who runs it
    started_at = models.DateTimeField(null=True)
    beat_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True, db_index=True)
    stop = models.BooleanField(default=False)
    cycles = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name_plural = "batches"

    def __str__(self) -> str:
        return f"{self.kind} batch {self.pk}"


class Lease(Leased):
    """A lease by name, such as the ticker's."""

    name = models.CharField(max_length=40, unique=True)

    def __str__(self) -> str:
        return self.name
