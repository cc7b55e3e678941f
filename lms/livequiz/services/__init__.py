"""The write side of live quizzes: prepared, run step by step, answered, and recorded as results of the round."""

from lms.livequiz.services.answers import answer
from lms.livequiz.services.journal import append, asking, closing, finish_left_over, resuming
from lms.livequiz.services.preparing import prepare
from lms.livequiz.services.recording import record_some

__all__ = ["answer", "append", "asking", "closing", "finish_left_over", "prepare", "record_some", "resuming"]
