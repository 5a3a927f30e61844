"""The supervisor with real child processes; each test ends all it starts."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from mailboxes.services.worker import processes, supervise
from mailboxes.services.worker.supervise import Child, Supervisor

ROOT = Path(__file__).resolve().parents[3]
SLEEPER = "import time; print('up', flush=True); time.sleep(60)"
STUBBORN = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
    " print('up', flush=True); time.sleep(60)"
)
WITH_CHILD = (
    "import subprocess, sys, time; subprocess.Popen([sys.executable, '-c',"
    " 'import time; time.sleep(60)']); print('up', flush=True); time.sleep(60)"
)


def wait_for(condition: Callable[[], object], seconds: float = 15.0) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "waited in vain"
        time.sleep(0.02)


def child(code: str, **options: object) -> Child:
    return Child("child", (sys.executable, "-c", code), **options)  # type: ignore[arg-type]


@pytest.fixture
def supervisor(tmp_path: Path) -> Iterator[Supervisor]:
    supervisor = Supervisor("test", tmp_path)
    yield supervisor
    supervisor.stop()


def is_up(data: Path, times: int = 1) -> bool:
    log = data / "log" / "child.log"
    return log.exists() and log.read_text().count("up\n") >= times


def alive(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_stop_sends_sigterm_and_leaves_nothing(
    supervisor: Supervisor, tmp_path: Path
) -> None:
    supervisor.add(child(WITH_CHILD))
    wait_for(lambda: len(supervisor.members("child")) == 2)
    pids = supervisor.members("child")
    supervisor.stop()
    assert [pid for pid in pids if alive(pid)] == []
    assert list((tmp_path / "run").glob("*.pid")) == []


def test_stop_kills_a_stubborn_child_after_its_grace(
    supervisor: Supervisor, tmp_path: Path
) -> None:
    supervisor.add(child(STUBBORN, grace=0.3))
    wait_for(lambda: is_up(tmp_path))
    [pid] = supervisor.members("child")
    supervisor.stop()
    assert not alive(pid)


def test_a_child_that_died_is_started_again_with_its_other_arguments(
    supervisor: Supervisor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervise, "BACKOFF_FIRST", 0.05)
    code = "import sys, time; print(sys.argv[1:], flush=True); time.sleep(60)"
    supervisor.add(child(code, again=("--resume",)))
    log = tmp_path / "log" / "child.log"
    wait_for(lambda: log.read_text() == "[]\n")
    os.kill(supervisor.members("child")[0], signal.SIGKILL)
    wait_for(supervisor.poll)
    wait_for(lambda: log.read_text() == "[]\n['--resume']\n")
    assert supervisor.starts("child") == 2


def test_restarts_wait_longer_each_time(
    supervisor: Supervisor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervise, "BACKOFF_LAST", 0.4)
    supervisor.add(child("raise SystemExit(3)"))
    state = supervisor._states["child"]
    state.backoff = 0.1
    delays = []
    for _ in range(4):
        wait_for(lambda: state.process is not None and state.process.poll() is not None)
        before = time.monotonic()
        supervisor.poll()
        delays.append(round(state.restart_at - before, 1))
        state.restart_at = 0.0
        supervisor.poll()
    assert delays == [0.1, 0.2, 0.4, 0.4]


def test_kill_ends_the_whole_group(supervisor: Supervisor) -> None:
    supervisor.add(child(WITH_CHILD))
    wait_for(lambda: len(supervisor.members("child")) == 2)
    pids = supervisor.members("child")
    assert sorted(supervisor.kill("child")) == sorted(pids)
    wait_for(lambda: not any(alive(pid) for pid in pids))
    assert not supervisor.running("child")


def test_a_second_supervisor_of_the_same_data_is_refused(
    supervisor: Supervisor, tmp_path: Path
) -> None:
    with pytest.raises(processes.AlreadyRunning) as refused:
        Supervisor("test", tmp_path)
    assert refused.value.pid == os.getpid()


OWNER = """
import sys, pathlib, time
sys.path.insert(0, sys.argv[1])
from mailboxes.services.worker.supervise import Child, Supervisor
supervisor = Supervisor("test", pathlib.Path(sys.argv[2]))
supervisor.add(Child("child", (sys.executable, "-c", sys.argv[3])))
print("started", flush=True)
time.sleep(60)
"""


def killed_owner(data: Path, code: str) -> dict[str, float]:
    """What the pid file says after a supervisor was killed while its child ran."""
    owner = subprocess.Popen(
        [sys.executable, "-c", OWNER, str(ROOT), str(data), code],
        stdout=subprocess.PIPE,
    )
    assert owner.stdout is not None
    owner.stdout.readline()
    wait_for(lambda: is_up(data))
    owner.kill()
    owner.wait()
    owner.stdout.close()
    record: dict[str, float] = json.loads((data / "run" / "test.child.pid").read_text())
    return record


def test_a_child_ends_when_its_supervisor_is_killed(tmp_path: Path) -> None:
    record = killed_owner(tmp_path, SLEEPER)
    wait_for(lambda: not alive(int(record["pid"])))


def test_what_a_killed_supervisor_left_is_ended_at_the_next_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervise, "LEFTOVER_GRACE", 0.3)
    record = killed_owner(tmp_path, STUBBORN)
    pid = int(record["pid"])
    assert alive(pid)
    assert Supervisor("test", tmp_path).end_leftovers() == [pid]
    wait_for(lambda: not alive(pid))


def test_a_stranger_with_the_number_of_a_dead_child_is_left_alone(
    tmp_path: Path,
) -> None:
    stranger = subprocess.Popen(
        [sys.executable, "-c", SLEEPER], start_new_session=True, stdout=subprocess.PIPE
    )
    try:
        (tmp_path / "run").mkdir()
        record = {"pid": stranger.pid, "started": time.time()}
        (tmp_path / "run" / "test.child.pid").write_text(json.dumps(record))
        assert Supervisor("test", tmp_path).end_leftovers() == []
        assert alive(stranger.pid)
    finally:
        stranger.kill()
        stranger.communicate()


def test_a_pid_file_of_a_process_that_started_later_is_not_believed(
    supervisor: Supervisor, tmp_path: Path
) -> None:
    supervisor.add(child(SLEEPER))
    wait_for(lambda: is_up(tmp_path))
    [pid] = supervisor.members("child")
    mark = psutil.Process(pid).environ()[processes.MARK]
    assert [p.pid for p in processes.members(pid, mark, time.time() - 60)] == [pid]
    assert processes.members(pid, mark, time.time() + 60) == []
    assert processes.members(pid, "another mark") == []


def test_a_log_file_is_emptied_in_place_when_it_is_long(
    supervisor: Supervisor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervise, "LOG_LIMIT", 2)
    monkeypatch.setattr(supervise, "LOG_CHECK_EVERY", 0.0)
    supervisor.add(child(SLEEPER))
    wait_for(lambda: is_up(tmp_path))
    supervisor.poll()
    log = tmp_path / "log" / "child.log"
    assert (log.read_text(), log.with_suffix(".log.1").read_text()) == ("", "up\n")


def test_a_log_file_is_emptied_where_there_is_no_room_for_a_copy(
    supervisor: Supervisor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervise, "LOG_LIMIT", 2)
    monkeypatch.setattr(supervise, "LOG_CHECK_EVERY", 0.0)
    supervisor.add(child(SLEEPER))
    wait_for(lambda: is_up(tmp_path))
    log = tmp_path / "log" / "child.log"
    log.with_suffix(".log.1").mkdir()
    supervisor.poll()
    assert log.read_text() == ""


def test_a_child_whose_pid_file_cannot_be_written_runs_all_the_same(
    supervisor: Supervisor, tmp_path: Path
) -> None:
    (tmp_path / "run" / "test.child.pid").mkdir(parents=True)
    supervisor.add(child(SLEEPER))
    wait_for(lambda: is_up(tmp_path))
    assert supervisor.running("child")


def test_what_cannot_be_started_is_tried_again_later(
    supervisor: Supervisor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervise, "BACKOFF_FIRST", 0.05)
    in_the_way = tmp_path / "log" / "child.log"
    in_the_way.mkdir()
    supervisor.add(child(SLEEPER))
    assert (supervisor.running("child"), supervisor.poll()) == (False, [])
    in_the_way.rmdir()
    wait_for(supervisor.poll)
    wait_for(lambda: is_up(tmp_path))
    assert supervisor.starts("child") == 1


def test_wait_ends_early_on_a_signal(
    supervisor: Supervisor,
) -> None:
    before = {n: signal.getsignal(n) for n in (signal.SIGTERM, signal.SIGINT)}
    try:
        supervisor.watch_signals()
        os.kill(os.getpid(), signal.SIGTERM)
        begun = time.monotonic()
        supervisor.wait(30)
        assert time.monotonic() - begun < 10
        assert supervisor.stopping
    finally:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        for number, handler in before.items():
            signal.signal(number, handler)


def test_the_grace_ends_when_it_is_enough(
    supervisor: Supervisor, tmp_path: Path
) -> None:
    supervisor.add(child(STUBBORN, grace=60))
    wait_for(lambda: is_up(tmp_path))
    begun = time.monotonic()
    supervisor.stop(lambda seconds: seconds > 0.2)
    assert time.monotonic() - begun < 30
