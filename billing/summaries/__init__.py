"""Summaries chosen by the customer, the messages made of them at call set-up, and what is downloaded to a handset.

`parameters` says where a call counts in a summary, `accumulate` keeps the sums per call and never rescans, `messages` makes
entries and text, `handset` makes grades, the download and what a handset computes by itself.

Source: charging.md 10.2 to 10.4.
"""
