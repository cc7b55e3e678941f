"""Which days are working days: the built-in calendar of public holidays, and the site's own table that wins over it.

A *calendar day* says of one Shanghai day that it is worked (调休) or free. The table is needed for years the built-in calendar does not
know yet, and for local holidays. Whoever counts working days passes `queries.overrides(…)` to `lms.clock`. Deadlines are stored when they
are made: a later change of the table moves none of them.
"""
