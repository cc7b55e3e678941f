"""Certificates (证书): numbered papers that anybody who holds one can check.

A *certificate* says of a holder (a person, a unit or a branch) one thing that a procedure decided: a star, a class passed, the closed
archive of a year. What decided it is its *source*; a source gives a holder one certificate, however often it is asked. The *serial* is
counted without gaps by kind and year. The *code* cannot be guessed: who knows it holds the paper, so the public page shows what the paper
says, and whether it still stands. A certificate never changes: it is withdrawn with a reason, or replaced by a further one.

Everybody sees their own. Whoever decides (stars, classes) issues and draws; nothing here reads an activity.
"""
