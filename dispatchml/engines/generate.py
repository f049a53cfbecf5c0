"""Generated source: compiled once, readable in tracebacks, deterministic."""

from __future__ import annotations

import linecache
from typing import Any

NAMES: dict[str, int] = {}


def compile_source(source: str, scope: dict[str, Any], name: str, origin: str) -> dict[str, Any]:
    """Run generated definitions in a scope; tracebacks and debuggers show the source under `<dispatchml name>`."""
    NAMES[name] = count = NAMES.get(name, 0) + 1
    filename = f"<dispatchml {name}>" if count == 1 else f"<dispatchml {name} #{count}>"
    source = f"# generated from {origin}\n{source}"
    exec(compile(source, filename, "exec"), scope)
    linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
    return scope
