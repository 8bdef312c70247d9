"""Where the console's figures come from: metrics and orders of servers, runs as child processes.

Source: console.md section 5.
"""
