"""Printed matter: certificates, handbooks and archives as PDF, the same in Word, and QR codes. Knows no domain.

A *print* is a typst file `prints/<name>.typ` in the package that prints it. It takes its facts from `facts.json` and its look from
`/house.typ`: both are given to it in memory, so nothing it could read lies on a disk. Facts are values, never markup: whatever people
typed is shown as they typed it. The same print, facts and moment give the same bytes.
"""
