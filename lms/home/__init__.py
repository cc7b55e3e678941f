"""Pages composed of many domains for one person: the home page with what is due and the one next step."""
