"""The nodes of the simulated network: switches, signal transfer points, and what they are made of.

Every node is sans-I/O: `receive(octets, link, now)`, `octets_to_send()`, `next_timer()`, `handle_timer(now)`,
`next_event()`; a link is named by the node at its other end. MF trunks and telephones, which have no octets, come in by
`receive_trunk` and `receive_line` and go out as events.

Source: house.md section 2, [0089]-[0103].
"""
