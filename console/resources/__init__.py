"""What the pages show, one file for each: the first argument of every function is who asks.

Source: console.md sections 5 and 7.
"""
