"""The event engine: services that are data. Their steps are compiled once; what they keep has a bound and is kept with the money.

Source: charging.md 10.5; B4-003 to B4-012.
"""
