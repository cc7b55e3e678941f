"""The demonstration bureau: one city bureau with 40 units, 90 branches, 2,000 people and a year of history. Commands refuse any other database."""
