"""A change of a data set reviewed by the calls that it decides otherwise.

`changed` finds the rows that differ, `probes` makes calls that should reach them, `engine` decides every call with both data
sets and groups what differs by what the caller notices and the rows because of which.

Source: D-006; console.md section 7.1.
"""
