"""Short records of a person's growth that no other room holds: practice postings (实践锻炼) and mentor pairs (人才导师制).

A *posting* is a stretch spent elsewhere: at the petition desk, in a village, with an inspection. The person writes it down or an admin does;
it counts once somebody else has confirmed it. A *mentor pair* joins a mentor and a mentee for a time; an admin makes it and closes it with
what came of it. Neither gives hours. Everybody sees their own; `RECORD_MANAGE` keeps those of its scope.
"""
