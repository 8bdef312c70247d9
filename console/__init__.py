"""The web console: the network live, a change reviewed by its calls, a call followed to the row that decided it.

A process of its own beside the SCPs, which it watches over HTTP, a control socket and sampled messages. `review` needs no
extra; the pages (`app`) need the extra `web`.

Source: console.md section 5.
"""
