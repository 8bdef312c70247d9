"""From a PBX's line to a call: layouts as data, times, numbers, joins, repeats and detection.

Source: C-001, C-010.
"""
