"""The provider's side: batches taken in once, in order, from registered enterprises; calls and profiles from them.

Source: C-003, C-006, C-013, C-014.
"""
