"""What comes from outside, opened in one way everywhere: archives counted while they are unpacked, XML without a document type.

Standard library only; the children that examine uploads use it as well as the imports of questions.
"""
