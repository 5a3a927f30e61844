"""How the web process runs: gunicorn with threads, settings from the environment.

Started by `manage.py serve`; alone: `gunicorn -c mailadmin/gunicorn.py
mailadmin.wsgi:application`.
"""

from __future__ import annotations

from pathlib import Path

from mailadmin import settings

_host = settings.MAILADMIN_BIND
bind = [f"[{_host}]:{settings.PORT}" if ":" in _host else f"{_host}:{settings.PORT}"]
worker_class = "gthread"
workers = settings.MAILADMIN_WEB_WORKERS
threads = 4
timeout = 60  # seconds a worker process may be silent
graceful_timeout = 3
keepalive = 5
# The most there is: an authority's answer holds a code of thousands of characters.
limit_request_line = 8190  # bytes
max_requests = 20_000
max_requests_jitter = 2_000
control_socket_disable = True  # it would lie in the home folder
_memory = Path("/dev/shm")  # a slow disk must not look like a hanging worker
worker_tmp_dir = str(_memory) if _memory.is_dir() else None
