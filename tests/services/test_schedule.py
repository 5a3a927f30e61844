"""The queue: one for each worker, read and cleaned."""

from __future__ import annotations

import pytest
from django_q.models import OrmQ
from django_q.signing import SignedPackage

from mailboxes.services import schedule

pytestmark = pytest.mark.django_db


def test_a_task_lies_on_the_queue_of_its_worker_with_ids_only() -> None:
    schedule.enqueue("a:1", "fetch_batch", 7)
    row = OrmQ.objects.get()
    task = SignedPackage.loads(row.payload)
    assert (row.key, task["func"], task["args"], task["kwargs"]) == (
        "mailadmin@a:1",
        "mailboxes.tasks.fetch_batch",
        (7,),
        {},
    )


def test_the_queue_tells_depth_and_oldest() -> None:
    assert schedule.queue() == schedule.Queue(depth=0, oldest=None)
    schedule.enqueue("a:1", "fetch_batch", 7)
    schedule.enqueue("b:1", "send_batch", 8)
    first = OrmQ.objects.order_by("lock").values_list("lock", flat=True)[0]
    assert schedule.queue() == schedule.Queue(depth=2, oldest=first)


def test_dropping_a_queue_leaves_the_others() -> None:
    schedule.enqueue("a:1", "fetch_batch", 7)
    schedule.enqueue("b:1", "fetch_batch", 8)
    schedule.drop("a:1")
    assert list(OrmQ.objects.values_list("key", flat=True)) == ["mailadmin@b:1"]


def test_cleaning_keeps_the_queues_of_workers_that_live() -> None:
    schedule.enqueue("a:1", "fetch_batch", 7)
    schedule.enqueue("gone:1", "fetch_batch", 8)
    schedule.clean(["a:1"])
    assert list(OrmQ.objects.values_list("key", flat=True)) == ["mailadmin@a:1"]


def test_a_cluster_listens_to_the_queue_of_its_worker() -> None:
    argv, environ = schedule.cluster_command("a:1")
    assert (argv[-1], environ) == ("qcluster", {"Q_CLUSTER_NAME": "mailadmin@a:1"})
