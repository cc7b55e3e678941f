"""What the bare stack reaches, row by row (QUALITY.md), and for each row that misses its goal where its time goes, as profiles show it."""

LIMITS = {
    "P1": "0.33–0.60 ms", "P2": "3,000–5,000 /s", "P3": "0.29 ms; 5,600 /s", "P4": "15–32 ms; 0.5 ms", "P4m": "15–32 ms; 0.5 ms", "P5": "0.20 ms", "P5c": "0.20 ms",
    "P8": "20 ms", "P10": "0.8 ms", "P12": "0.46 s", "P13": "72–104 MB", "P15": "2,500–3,400 /s",
}  # fmt: skip

SPENT = {
    "P4": "by P1 and P7 answers take two fifths of a core and submissions a third; readers, who ask again at once, share what is left of it",
    "P10": "home: a third its templates, an eighth the rounds and a tenth the courses as objects; the rest are small statements and the request",
    "P12": "a quarter the mapping of the tables, a tenth completing it, a quarter finding and loading 1,400 modules, a tenth SQLAlchemy itself",
    "P14": "the hash: without it, sign-ins beside answers make them wait 1.3 times as long, with it about three times",
    "P15": "copying: the same nginx gives a file that nobody is asked about no faster, and Python is not asked for any piece",
    "W2": "the page of the round before the button, made whole for each of 2,000 within ten seconds; a join, its phone and its echoes are short",
    "P16a": "the page: half its templates, a seventh the form, a twelfth the years of the filter; the index itself a fifteenth",
}
