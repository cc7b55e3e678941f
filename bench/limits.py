"""What the bare stack reaches, row by row (QUALITY.md), and for each row that misses its goal where its time goes, as profiles show it."""

LIMITS = {
    "P1": "0.33–0.60 ms", "P2": "3,000–5,000 /s", "P3": "0.29 ms; 5,600 /s", "P4": "15–32 ms; 0.5 ms", "P5": "0.20 ms",
    "P8": "20 ms", "P10": "0.8 ms", "P12": "0.46 s", "P13": "72–104 MB", "P15": "2,500–3,400 /s",
}  # fmt: skip

SPENT = {
    "P3": "insert and sums of a beat in the group's statement, then its share of the commit",
    "P4": "own place and the five around it by one statement, waiting for the interpreter's lock beside writers",
    "P10": "home: a third its templates, a tenth its courses and as much its rounds as objects; the rest are small statements",
    "P11": "the server's own answer before anything is painted, and the style sheet",
    "P12": "a quarter the mapping of the tables, a tenth SQLAlchemy itself, a fifth finding and loading 1,400 modules",
    "P13": "tables and statements of all domains, compiled templates, and SQLite's page caches of the threads' connections",
    "P14": "the hash takes a processor for its time, and of two the generator and answers need one and a half",
    "P15": "copying of the pieces by nginx and the generator on the same two processors",
    "P16a": "reading all ids that the word has before those of the first page are known",
}
