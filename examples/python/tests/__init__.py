"""What the tests share."""

import functools
from pathlib import Path

from handoff import Handoff

EXAMPLE = Path(__file__).resolve().parent.parent
ROOT = EXAMPLE.parent.parent
COMPONENT = ROOT / "host/component/handoff.wasm"


@functools.cache
def handoff() -> Handoff:
    """The component, compiled once."""
    return Handoff(COMPONENT)
