"""dispatchml as a tool of GradBench: `python tool.py` speaks its protocol on standard input and output.

`python tool.py jax` (or torch, autograd, tape) does the same for a peer.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from serving import serve

if __name__ == "__main__":
    serve(sys.argv[1] if len(sys.argv) > 1 else "dispatchml")
