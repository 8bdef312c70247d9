"""A message read in one walk over its octets: where things stand, and only what is asked for is decoded.

`rows` says what may stand where, read off the types of `operation_rows`; `walk` checks a message against them and leaves what is not
plain to the general codecs, which it never contradicts.
"""
