"""Hours: the ledger of what each person earned, the rules that convert study into hours, and what a year asks.

Invariants: entries are only ever added, a correction is a further entry with the next revision; one source credits a
person once per bucket and year; every entry names its rule version and the evidence it is recomputed from; what was
not credited is written down with its reason. The ledger knows no activity: activities call `services.credit`.

Everybody reads their own hours; `HOURS_READ` reads others' inside its scope, `HOURS_MANAGE` corrects them.
"""
