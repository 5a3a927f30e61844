"""The queue: one for each worker, read and cleaned."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import redis
from django_q.brokers.redis_broker import Redis
from django_q.models import OrmQ
from django_q.signing import SignedPackage

from mailboxes.core.errors import QueueUnavailable
from mailboxes.services.worker import schedule
from tests.servers.process import free_port

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


@pytest.mark.parametrize(
    "use",
    [
        lambda: schedule.enqueue("a:1", "fetch_batch", 7),
        lambda: schedule.drop("a:1"),
    ],
    ids=["enqueue", "drop"],
)
def test_redis_that_is_away_is_one_error_of_ours(
    use: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    port = free_port()

    class Away(Redis):
        @staticmethod
        def get_connection(list_key: str = "") -> redis.Redis:
            return redis.Redis(port=port)

    monkeypatch.setattr(schedule, "get_broker", Away)
    monkeypatch.setattr("django_q.tasks.get_broker", Away)
    with pytest.raises(QueueUnavailable) as caught:
        use()
    assert str(port) in str(caught.value)
