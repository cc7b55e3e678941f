"""The write side of the stage: a final is prepared, steps are appended to its journal, devices join and buzz."""

from lms.stage.services.devices import buzz, echo, join, nonce
from lms.stage.services.finals import prepare
from lms.stage.services.journal import append, choose, opening_data, segment_data

__all__ = ["append", "buzz", "choose", "echo", "join", "nonce", "opening_data", "prepare", "segment_data"]
