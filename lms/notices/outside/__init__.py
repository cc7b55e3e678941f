"""The way out of the house: addresses that may be reached, calls to robots, mails. Knows no session and no table."""
