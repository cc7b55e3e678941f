"""Questions out of the bank as files: our workbook, GIFT, Aiken, Moodle XML, QTI packages.

Every writer takes `Draft`s (whose row is the number of the question), gives an `Exported`, and names what its format cannot
carry; what `importing` reads back is the same question. Nothing here touches the database.
"""
