"""A message read in one walk over its octets: where things stand, and nothing decoded that nobody asks for.

`rows` says what may stand where, read off the types of `operation_rows`; `walk` checks a message against them and leaves what is not
plain to the general codecs, which it never contradicts.
"""
